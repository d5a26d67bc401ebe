import { describe, expect, it } from 'vitest';
import { writeModel } from '../../../test/support/onnx/onnx-writer.js';
import { FUNCTION, MODEL, NODE } from '../onnx/schema.js';
import { encodeFields, messageField, textField, varintField } from '../onnx/wire.js';
import { readGraphFacts } from './graph-facts.js';

const BRANCH = (op: string) => ({
  graph: {
    nodes: [{ op, inputs: ['x'], outputs: [`${op} of x`] }],
    outputs: [{ name: `${op} of x`, type: 'float32' as const, shape: [] }],
  },
});
const MODEL_PARTS = {
  nodes: [
    { op: 'If', inputs: ['c'], outputs: ['y'], attributes: { then_branch: BRANCH('Abs'), else_branch: BRANCH('Neg') } },
  ],
  inputs: [],
  outputs: [],
  metadata: { author: 'Ada', 'names:0': 'päst' },
  opset: 17,
};

describe('the facts of a model file', () => {
  it('are its versions, its origin, its own words', () => {
    const bytes = encodeFields([
      textField(MODEL.producerVersion, '2.1'),
      textField(MODEL.domain, 'org.example'),
      varintField(MODEL.modelVersion, 4),
      textField(MODEL.description, 'a test'),
    ]);
    expect(readGraphFacts(Buffer.concat([writeModel(MODEL_PARTS), bytes])).graph).toEqual({
      opsets: { 'ai.onnx': 17, 'com.microsoft': 1, 'ai.onnx.ml': 3 },
      irVersion: 9,
      producer: 'test',
      producerVersion: '2.1',
      domain: 'org.example',
      name: 'graph',
      description: 'a test',
      modelVersion: '4',
      custom: { author: 'Ada', 'names:0': 'päst' },
    });
  });

  it('are empty where the file says nothing', () => {
    expect(readGraphFacts(writeModel({ nodes: [], outputs: [] })).graph).toMatchObject({
      modelVersion: '',
      domain: '',
      custom: {},
    });
  });

  it('count operators of subgraphs and of the model’s functions', () => {
    const node = messageField(FUNCTION.node, [textField(NODE.opType, 'DynamicQuantizeLinear')]);
    const bytes = Buffer.concat([writeModel(MODEL_PARTS), encodeFields([messageField(MODEL.functions, [node])])]);
    expect([...readGraphFacts(bytes).operators]).toEqual(['If', 'Abs', 'Neg', 'DynamicQuantizeLinear']);
  });

  it.each([new Uint8Array(), new TextEncoder().encode('not a model'), writeModel(MODEL_PARTS).subarray(0, 30)])(
    'cannot be read from what is no model',
    (bytes) => {
      expect(() => readGraphFacts(bytes)).toThrow(RangeError);
    },
  );
});

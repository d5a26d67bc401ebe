import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { writeModel, type ModelParts, type NodeParts } from '../../../test/support/onnx/onnx-writer.js';
import { floats, openSession } from '../../../test/support/onnx/runtime.js';
import { CHAT_MODEL, hasChatModel } from '../../../test/support/real-model.js';
import { Binding } from '../ort/binding.js';
import { readModel } from './graph.js';
import { keepLastPosition } from './last-position.js';

const WIDTH = 8;
const VOCAB = 5;
const WEIGHTS = Float32Array.from({ length: WIDTH * VOCAB }, (_, i) => ((i * 37) % 23) - 11);

/** `hidden [B, S, 8]` → … → `logits [B, S, 5]`. */
function headModel(nodes: NodeParts[], more: Partial<ModelParts> = {}): ModelParts {
  return {
    nodes,
    inputs: [{ name: 'hidden', type: 'float32', shape: ['B', 'S', WIDTH] }],
    outputs: [{ name: 'logits', type: 'float32', shape: ['B', 'S', VOCAB] }],
    ...more,
    constants: [
      { name: 'weights', type: 'float32', dims: [WIDTH, VOCAB], values: WEIGHTS },
      { name: 'transposed', type: 'float32', dims: [VOCAB, WIDTH], values: WEIGHTS },
      { name: 'cap', type: 'float32', dims: [], values: Float32Array.of(3) },
      { name: 'bias', type: 'float32', dims: [VOCAB], values: Float32Array.of(1, 2, 3, 4, 5) },
      ...(more.constants ?? []),
    ],
  };
}

const product: NodeParts = { op: 'MatMul', inputs: ['hidden', 'weights'], outputs: ['logits'] };
const into = (output: string): NodeParts => ({ ...product, outputs: [output] });

const EDITABLE: [name: string, parts: ModelParts][] = [
  ['a product', headModel([product])],
  [
    'soft caps: division, tanh, product',
    headModel(
      [
        into('raw'),
        { op: 'Div', inputs: ['raw', 'cap'], outputs: ['divided'] },
        { op: 'Tanh', inputs: ['divided'], outputs: ['bent'] },
        { op: 'Mul', inputs: ['cap', 'bent'], outputs: ['logits'] },
      ],
      { values: [{ name: 'raw', type: 'float32', shape: ['B', 'S', VOCAB] }] },
    ),
  ],
  [
    'a bias and a cast',
    headModel([
      into('raw'),
      { op: 'Add', inputs: ['raw', 'bias'], outputs: ['biased'] },
      { op: 'Cast', inputs: ['biased'], outputs: ['logits'], attributes: { to: 1 } },
    ]),
  ],
  [
    'weights tied to an embedding, transposed in the graph',
    headModel([
      { op: 'Transpose', inputs: ['transposed'], outputs: ['turned'], attributes: { perm: [1, 0] } },
      { op: 'MatMul', inputs: ['hidden', 'turned'], outputs: ['logits'] },
    ]),
  ],
  [
    'hidden states that others read too',
    headModel([product, { op: 'Neg', inputs: ['hidden'], outputs: ['other'] }], {
      outputs: [
        { name: 'logits', type: 'float32', shape: ['B', 'S', VOCAB] },
        { name: 'other', type: 'float32', shape: ['B', 'S', WIDTH] },
      ],
    }),
  ],
  [
    'names that the edit would like to use',
    headModel([
      { op: 'Identity', inputs: ['hidden'], outputs: ['ingot/last_position'] },
      { ...product, inputs: ['ingot/last_position', 'weights'] },
    ]),
  ],
];

const GATHER: NodeParts = { op: 'Gather', inputs: ['hidden', 'newest'], outputs: ['h'], attributes: { axis: 1 } };
const NEWEST: ModelParts['constants'] = [{ name: 'newest', type: 'int64', dims: [1], values: BigInt64Array.of(-1n) }];

const LEFT_ALONE: [name: string, parts: ModelParts, reason: string][] = [
  [
    'a graph that gives one position',
    headModel([product], { outputs: [{ name: 'logits', type: 'float32', shape: ['B', 1, VOCAB] }] }),
    'gives the last position only',
  ],
  [
    'a graph that prunes by itself',
    headModel([GATHER, { ...product, inputs: ['h', 'weights'] }], { constants: NEWEST }),
    'prunes by itself (Gather)',
  ],
  [
    'a product of two computed values',
    headModel([
      { op: 'Transpose', inputs: ['hidden'], outputs: ['turned'], attributes: { perm: [0, 2, 1] } },
      { op: 'MatMul', inputs: ['hidden', 'turned'], outputs: ['logits'] },
    ]),
    'no matrix of weights',
  ],
  [
    'an operator over all positions',
    headModel([into('raw'), { op: 'CumSum', inputs: ['raw', 'newest'], outputs: ['logits'] }], { constants: NEWEST }),
    'CumSum, which is not known',
  ],
  [
    'a sum with a matrix of its own for each position',
    headModel([into('raw'), { op: 'Add', inputs: ['raw', 'weights'], outputs: ['logits'] }]),
    'Add, which is not known',
  ],
  [
    'raw logits that are an output too',
    headModel([into('raw'), { op: 'Tanh', inputs: ['raw'], outputs: ['logits'] }], {
      outputs: [
        { name: 'logits', type: 'float32', shape: ['B', 'S', VOCAB] },
        { name: 'raw', type: 'float32', shape: ['B', 'S', VOCAB] },
      ],
    }),
    '"raw", from which the logits come, has other readers',
  ],
  ['old operators', headModel([product], { opset: 10 }), 'operator set 10'],
  [
    'logits without a declared rank',
    headModel([product], { outputs: [{ name: 'logits', type: 'float32', shape: [] }] }),
    'three axes',
  ],
  ['no such output', headModel([{ ...product, outputs: ['scores'] }]), 'no operator gives "logits"'],
];

async function logitsOf(bytes: Uint8Array, hidden: Float32Array, shape: number[]): Promise<[number[][], Float32Array]> {
  const session = await openSession(bytes);
  const binding = new Binding(session);
  binding.bindInput('hidden', floats(hidden, shape));
  for (const { name } of session.outputs) binding.bindOutputToHost(name);
  session.runSync(binding);
  const shapes = binding.outputShapes();
  const logits = new Float32Array(shapes[0].reduce((a, b) => a * b));
  binding.bindOutput('logits', floats(logits, shapes[0]));
  session.runSync(binding);
  binding.dispose();
  session.dispose();
  return [shapes, logits];
}

describe('the last position', () => {
  it.each(EDITABLE)('is all that is computed behind %s', async (_, parts) => {
    const bytes = writeModel(parts);
    const edit = keepLastPosition(readModel(bytes), 'logits');
    if (!edit.edited) throw new Error(edit.reason);
    const [batch, tokens] = [2, 3];
    const hidden = Float32Array.from({ length: batch * tokens * WIDTH }, (_, i) => Math.sin(i));
    const [, whole] = await logitsOf(bytes, hidden, [batch, tokens, WIDTH]);
    const [shapes, last] = await logitsOf(edit.bytes, hidden, [batch, tokens, WIDTH]);
    expect(shapes[0]).toEqual([batch, 1, VOCAB]);
    for (const row of [0, 1]) {
      const wanted = whole.subarray((row * tokens + tokens - 1) * VOCAB, (row + 1) * tokens * VOCAB);
      // Not to the bit: one row of a product may take another kernel than three.
      for (const [i, value] of wanted.entries()) expect(last[row * VOCAB + i]).toBeCloseTo(value, 4);
    }
    expect(readModel(edit.bytes).graph.shapes.get('logits')).toEqual([null, 1, VOCAB]);
  });

  it('changes three places and nothing else', () => {
    const before = readModel(writeModel(headModel([product])));
    const edit = keepLastPosition(before, 'logits');
    if (!edit.edited) throw new Error(edit.reason);
    const after = readModel(edit.bytes);
    const raw = (fields: { bytes: Uint8Array }[]) => fields.map(({ bytes }) => Buffer.from(bytes).toString('hex'));
    const old = new Set(raw(before.graph.fields));
    const fresh = after.graph.fields.filter((field) => !old.has(Buffer.from(field.bytes).toString('hex')));
    expect(after.graph.nodes.map((node) => node.opType)).toEqual(['Constant', 'Gather', 'MatMul']);
    // Two nodes that are new, the product's input, the output's declaration.
    expect(fresh).toHaveLength(4);
    expect(after.graph.fields).toHaveLength(before.graph.fields.length + 2);
    const others = (model: typeof before) => raw(model.fields.filter((_, index) => index !== model.graphIndex));
    expect(others(after)).toEqual(others(before));
  });

  it.each(LEFT_ALONE)('leaves %s as it is, and says why', (_, parts, reason) => {
    const edit = keepLastPosition(readModel(writeModel(parts)), 'logits');
    expect(edit).toEqual({ edited: false, reason: expect.stringContaining(reason) as string });
  });

  it.skipIf(!hasChatModel)('is found in a real export, a few hundred bytes away from it', () => {
    const bytes = readFileSync(`${CHAT_MODEL}/model.onnx`);
    const edit = keepLastPosition(readModel(bytes), 'logits');
    if (!edit.edited) throw new Error(edit.reason);
    const product = readModel(edit.bytes).graph.producers.get('logits')!;
    expect(product.opType).toBe('MatMulNBits');
    expect(product.inputs[0]).toBe('ingot/last_position');
    expect(edit.bytes.length - bytes.length).toBeLessThan(400);
  });
});

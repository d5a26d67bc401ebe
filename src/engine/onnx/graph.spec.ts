import { describe, expect, it } from 'vitest';
import { writeModel } from '../../../test/support/onnx/onnx-writer.js';
import { attributeOf, constantOf, integerAttribute, integerConstant, readModel } from './graph.js';

const MODEL = writeModel({
  opset: 17,
  nodes: [
    { op: 'Shape', inputs: ['x'], outputs: ['shape'] },
    { op: 'Greater', inputs: ['shape', 'limit'], outputs: ['long'] },
    {
      op: 'If',
      inputs: ['long'],
      outputs: ['y'],
      attributes: {
        then_branch: {
          graph: {
            nodes: [{ op: 'Add', inputs: ['x', 'outer'], outputs: ['sum'] }],
            outputs: [{ name: 'sum', type: 'float32', shape: ['n'] }],
          },
        },
        else_branch: { graph: { nodes: [], outputs: [{ name: 'x', type: 'float32', shape: ['n'] }] } },
      },
    },
    { op: 'Cast', inputs: ['y'], outputs: ['z'], attributes: { to: 6 } },
  ],
  inputs: [{ name: 'x', type: 'float32', shape: ['n', 3, ''] }],
  outputs: [{ name: 'z', type: 'int32', shape: ['n'] }],
  constants: [
    { name: 'limit', type: 'int64', dims: [1], values: BigInt64Array.of(4096n) },
    { name: 'small', type: 'int32', dims: [], values: Int32Array.of(-5) },
    { name: 'pair', type: 'int64', dims: [2], values: BigInt64Array.of(1n, 2n) },
    { name: 'outer', type: 'float32', dims: [1], values: Float32Array.of(1) },
  ],
});

describe('a graph', () => {
  const { graph, opset } = readModel(MODEL);

  it('knows its nodes, who gives a value and who takes it', () => {
    expect(opset).toBe(17);
    expect(graph.nodes.map((node) => node.opType)).toEqual(['Shape', 'Greater', 'If', 'Cast']);
    expect(graph.producers.get('long')?.opType).toBe('Greater');
    expect(graph.consumers.get('long')?.map((node) => node.opType)).toEqual(['If']);
    expect(graph.outputs).toEqual(['z']);
  });

  it('counts what a branch takes from outside as taken by the node that holds the branch', () => {
    expect(graph.consumers.get('outer')?.map((node) => node.opType)).toEqual(['If']);
    expect(graph.consumers.get('x')?.map((node) => node.opType)).toEqual(['Shape', 'If']);
  });

  it('knows declared shapes, null where a size is free', () => {
    expect(graph.shapes.get('x')).toEqual([null, 3, null]);
    expect(graph.shapes.get('shape')).toBeUndefined();
  });

  it('knows constants of one integer', () => {
    expect(integerConstant(graph, 'limit')).toBe(4096);
    expect(integerConstant(graph, 'small')).toBe(-5);
    expect(integerConstant(graph, 'pair')).toBeUndefined();
    expect(integerConstant(graph, 'outer')).toBeUndefined();
    expect(integerConstant(graph, 'x')).toBeUndefined();
    expect(constantOf(graph, 'pair')?.dims).toEqual([2]);
  });

  it('knows attributes', () => {
    const cast = graph.nodes[3];
    expect(integerAttribute(cast, 'to', 1)).toBe(6);
    expect(integerAttribute(cast, 'saturate', 1)).toBe(1);
    expect(attributeOf(cast, 'saturate')).toBeUndefined();
  });

  it('is refused when the bytes hold none', () => {
    expect(() => readModel(new Uint8Array(0))).toThrow('there is no graph');
    expect(() => readModel(Buffer.from('<html>'))).toThrow(RangeError);
  });
});

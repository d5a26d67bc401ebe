import { describe, expect, it } from 'vitest';
import { writeModel, type NodeParts } from '../../../test/support/onnx/onnx-writer.js';
import { readModel } from '../onnx/graph.js';
import { positionLimit } from './load-decoder-position-limit.js';

const branch = { graph: { nodes: [], outputs: [] } };
const onLength = (op: string, constant: string): NodeParts[] => [
  { op, inputs: ['length', constant], outputs: [`is ${op}`] },
  { op: 'If', inputs: [`is ${op}`], outputs: [`y ${op}`], attributes: { then_branch: branch, else_branch: branch } },
];

function limitOf(nodes: NodeParts[]): number {
  const constants = [
    { name: 'four', type: 'int64' as const, dims: [], values: BigInt64Array.of(4096n) },
    { name: 'eight', type: 'int64' as const, dims: [1], values: BigInt64Array.of(8192n) },
  ];
  return positionLimit(readModel(writeModel({ nodes, outputs: [], constants })).graph, 'model.onnx');
}

describe('the length at which a graph switches', () => {
  it('is infinite without a switch', () => {
    expect(limitOf([{ op: 'Neg', inputs: ['x'], outputs: ['y'] }])).toBe(Infinity);
  });

  it.each([
    ['Greater', 4096],
    ['GreaterOrEqual', 4095],
    ['LessOrEqual', 4096],
    ['Less', 4095],
  ])('is the last that keeps the branch of %s', (op, limit) => {
    expect(limitOf(onLength(op, 'four'))).toBe(limit);
  });

  it('is the least of several', () => {
    expect(limitOf([...onLength('Greater', 'eight'), ...onLength('Less', 'four')])).toBe(4095);
  });

  it('is not guessed: another kind of switch refuses the model', () => {
    expect(() => limitOf(onLength('Equal', 'four'))).toThrow('switches branches on "is Equal"');
    expect(() => limitOf(onLength('Greater', 'unknown'))).toThrow('no comparison of a length with a constant');
    expect(() => limitOf([{ op: 'If', inputs: ['use_cache_branch'], outputs: ['y'] }])).toThrow('use_cache_branch');
  });
});

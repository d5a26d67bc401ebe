import { describe, expect, it } from 'vitest';
import type { ValueSignature } from '../protocol.js';
import { chooseBatching, type BatchingFacts } from './batching-choice.js';

function value(name: string, shape: ValueSignature['shape'], parts: Partial<ValueSignature> = {}): ValueSignature {
  return { name, type: 'tensor(float)', dtype: 'float32', shape, optional: false, ...parts };
}

const USUAL: BatchingFacts = {
  mode: 'auto',
  maxBatch: 8,
  inputs: [value('x', ['n', 3])],
  outputs: [value('y', ['n'])],
  operators: new Set(['MatMul']),
  trial: { kind: 'compared', difference: 0, exact: true },
};
const TABLES = value('scores', null, { type: 'seq(map(string,tensor(float)))', dtype: null });

describe('whether requests share runs', () => {
  it.each<[string, Partial<BatchingFacts>, string]>([
    ['free first axes', {}, 'same bits'],
    ['a trial that could not be made', { trial: { kind: 'unknown' } }, 'first axis is free'],
    [
      'a difference of rounding',
      { trial: { kind: 'compared', difference: 2e-6, exact: false } },
      'rounding (0.0000020)',
    ],
    ['axes without names', { inputs: [value('x', [null, 3])], outputs: [value('y', ['n'])] }, 'free'],
    ['a list of tables', { outputs: [value('label', [null]), TABLES] }, 'free'],
    [
      'an input with a default, of fixed shape',
      { inputs: [...USUAL.inputs, value('s', [1], { optional: true })] },
      'free',
    ],
  ])('yes: %s', (_, parts, words) => {
    const choice = chooseBatching({ ...USUAL, ...parts });
    expect(choice).toEqual({ enabled: true, reason: expect.stringContaining(words) });
  });

  it.each<[string, Partial<BatchingFacts>, string]>([
    ['a fixed batch', { inputs: [value('x', [4, 3])] }, 'first axis of input "x" is fixed at 4'],
    ['a fixed output', { outputs: [value('y', [1])] }, 'first axis of output "y" is fixed at 1'],
    ['a scalar', { inputs: [...USUAL.inputs, value('s', [])] }, 'input "s" is a scalar'],
    ['no rank', { outputs: [value('y', null)] }, 'output "y" declares no rank'],
    ['different names', { outputs: [value('y', ['m'])] }, 'different names: n, m'],
    [
      'a list as input',
      { inputs: [value('l', null, { type: 'seq(tensor(float))', dtype: null })] },
      'input "l" is seq',
    ],
    [
      'one table as output',
      { outputs: [value('m', null, { type: 'map(string,tensor(float))', dtype: null })] },
      'output "m" is map',
    ],
    ['no input', { inputs: [] }, 'no required input'],
    ['outputs that are no rows', { trial: { kind: 'inseparable' } }, 'do not divide into rows'],
    ['batches of one', { maxBatch: 1 }, 'one row'],
  ])('no, also when asked for: %s', (_, parts, words) => {
    for (const mode of ['auto', 'on'] as const) {
      const choice = chooseBatching({ ...USUAL, ...parts, mode });
      expect(choice).toEqual({ enabled: false, reason: expect.stringContaining(words) });
    }
  });

  it.each<[string, Partial<BatchingFacts>, string]>([
    [
      'a graph that quantises by the whole tensor',
      { operators: new Set(['DynamicQuantizeLinear']) },
      'DynamicQuantizeLinear',
    ],
    [
      'a row that depends on its neighbour',
      { trial: { kind: 'compared', difference: 0.03, exact: false } },
      'row beside it',
    ],
  ])('only when asked for: %s', (_, parts, words) => {
    const reason = expect.stringContaining(words) as string;
    expect(chooseBatching({ ...USUAL, ...parts })).toEqual({ enabled: false, reason });
    expect(chooseBatching({ ...USUAL, ...parts, mode: 'on' })).toEqual({ enabled: true, reason });
  });

  it('never when switched off', () => {
    expect(chooseBatching({ ...USUAL, mode: 'off' })).toEqual({ enabled: false, reason: 'switched off' });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GraphValue, NamedValue, TensorValue } from '../protocol.js';
import { joinable, joinInputs, NotRows, splitOutputs } from './rows.js';

const REQUIRED = new Set(['a', 'b']);

function floats(shape: number[], from = 0): TensorValue {
  const count = shape.reduce((product, size) => product * size, 1);
  return { kind: 'tensor', dtype: 'float32', shape, data: Float32Array.from({ length: count }, (_, i) => from + i) };
}

function named(values: Record<string, GraphValue>): NamedValue[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

const keyOf = (values: Record<string, GraphValue>, outputs: string[] | null = null) =>
  joinable(named(values), outputs, REQUIRED);

describe('whether a request can share a run', () => {
  const usual = keyOf({ a: floats([2, 3]), b: floats([2]) });

  it('tells its rows; the key knows shapes but not rows, and not the order of inputs', () => {
    expect(usual?.rows).toBe(2);
    expect(keyOf({ b: floats([5]), a: floats([5, 3]) })).toEqual({ key: usual!.key, rows: 5 });
  });

  it.each<[string, Record<string, GraphValue>, string[] | null]>([
    ['another shape', { a: floats([2, 4]), b: floats([2]) }, null],
    ['another rank', { a: floats([2, 3, 1]), b: floats([2]) }, null],
    ['another type', { a: { ...floats([2, 3]), dtype: 'int32', data: new Int32Array(6) }, b: floats([2]) }, null],
    ['other outputs', { a: floats([2, 3]), b: floats([2]) }, ['y']],
  ])('has another key for %s', (_, values, outputs) => {
    const other = keyOf(values, outputs);
    expect(other).not.toBeNull();
    expect(other?.key).not.toBe(usual?.key);
  });

  it.each<[string, Record<string, GraphValue>]>([
    ['rows that disagree', { a: floats([2, 3]), b: floats([1]) }],
    ['no rows', { a: floats([0, 3]), b: floats([0]) }],
    ['a scalar', { a: floats([2, 3]), b: floats([]) }],
    ['a list', { a: floats([2, 3]), b: { kind: 'sequence', items: [] } }],
    ['a default overridden', { a: floats([2, 3]), b: floats([2]), c: floats([2]) }],
    ['an input that is not required', { a: floats([2, 3]), c: floats([2]) }],
  ])('is no for %s', (_, values) => {
    expect(keyOf(values)).toBeNull();
  });
});

describe('joining and splitting', () => {
  it('is the identity: what goes in together comes out apart', () => {
    const request = fc.record({ rows: fc.integer({ min: 1, max: 4 }), from: fc.integer({ min: 0, max: 1000 }) });
    fc.assert(
      fc.property(
        fc.array(request, { minLength: 1, maxLength: 6 }),
        fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
        (requests, rest) => {
          const inputs = requests.map(({ rows, from }, i) => {
            const texts: TensorValue = {
              kind: 'tensor',
              dtype: 'string',
              shape: [rows],
              data: Array<string>(rows).fill(`${i}`),
            };
            return named({ numbers: floats([rows, ...rest], from), texts });
          });
          const reordered = inputs.map((values, i) => (i % 2 === 0 ? values : values.toReversed()));
          const joined = joinInputs(reordered);
          const total = requests.reduce((sum, { rows }) => sum + rows, 0);
          expect(joined.map(({ value }) => (value as TensorValue).shape[0])).toEqual([total, total]);
          const apart = splitOutputs(
            joined,
            requests.map(({ rows }) => rows),
          );
          expect(apart).toEqual(inputs);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('divides a classifier’s list of tables', () => {
    const table = (key: string): GraphValue => ({ kind: 'map', keys: [key], values: [1] });
    const outputs = named({ scores: { kind: 'sequence', items: [table('a'), table('b'), table('c')] } });
    expect(splitOutputs(outputs, [2, 1])).toEqual([
      named({ scores: { kind: 'sequence', items: [table('a'), table('b')] } }),
      named({ scores: { kind: 'sequence', items: [table('c')] } }),
    ]);
  });

  it.each<[string, GraphValue]>([
    ['a tensor of another length', floats([2, 3])],
    ['a scalar', floats([])],
    ['a list of another length', { kind: 'sequence', items: [] }],
    ['one table', { kind: 'map', keys: ['a', 'b', 'c'], values: [1, 2, 3] }],
  ])('does not divide %s', (_, value) => {
    expect(() => splitOutputs(named({ y: floats([3]), q: value }), [1, 2])).toThrow(NotRows);
  });
});

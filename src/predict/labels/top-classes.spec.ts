import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TensorValue } from '../../inference/prediction-model.js';
import { toFloat16Bits } from '../float16.js';
import { topClasses } from './top-classes.js';

const floats = (shape: number[], values: number[]): TensorValue => ({
  kind: 'tensor',
  dtype: 'float64',
  shape,
  data: Float64Array.from(values),
});

describe('topClasses', () => {
  it('ranks each row, with names', () => {
    const rows = topClasses(floats([2, 3], [0.1, 0.7, 0.2, 0.5, 0.3, 0.2]), ['cat', 'dog', 'eel'], {
      k: 2,
      softmax: false,
    });
    expect(rows).toEqual([
      [
        { label: 'dog', index: 1, score: 0.7 },
        { label: 'eel', index: 2, score: 0.2 },
      ],
      [
        { label: 'cat', index: 0, score: 0.5 },
        { label: 'dog', index: 1, score: 0.3 },
      ],
    ]);
  });

  it('turns logits into probabilities on request, without another order', () => {
    const [row] = topClasses(floats([1, 2], [0, Math.log(3)]), null, { k: 2, softmax: true });
    expect(row).toEqual([
      { label: null, index: 1, score: expect.closeTo(0.75, 12) as number },
      { label: null, index: 0, score: expect.closeTo(0.25, 12) as number },
    ]);
  });

  it('puts the lower index first among equals', () => {
    const [row] = topClasses(floats([4], [1, 2, 2, 1]), null, { k: 3, softmax: false });
    expect(row.map(({ index }) => index)).toEqual([1, 2, 0]);
  });

  it('puts NaN last and infinities where they belong', () => {
    const [row] = topClasses(floats([4], [NaN, -Infinity, 0, Infinity]), null, { k: 9, softmax: false });
    expect(row.map(({ index }) => index)).toEqual([3, 2, 1, 0]);
  });

  it('has no name for a class beyond the labels', () => {
    const [row] = topClasses(floats([1, 2], [0, 1]), ['only'], { k: 2, softmax: false });
    expect(row.map(({ label }) => label)).toEqual([null, 'only']);
  });

  it('reads halves and 64-bit integers', () => {
    const half: TensorValue = {
      kind: 'tensor',
      dtype: 'float16',
      shape: [1, 2],
      data: Uint16Array.of(toFloat16Bits(-1.5), toFloat16Bits(0.5)),
    };
    const wide: TensorValue = { kind: 'tensor', dtype: 'int64', shape: [2], data: BigInt64Array.of(3n, 9n) };
    expect(topClasses(half, null, { k: 1, softmax: false })).toEqual([[{ label: null, index: 1, score: 0.5 }]]);
    expect(topClasses(wide, null, { k: 1, softmax: false })).toEqual([[{ label: null, index: 1, score: 9 }]]);
  });

  it('has a row per position before the last axis, and none where there is nothing', () => {
    expect(topClasses(floats([2, 1, 2], [1, 2, 3, 4]), null, { k: 1, softmax: false })).toHaveLength(2);
    expect(topClasses(floats([], [7]), null, { k: 5, softmax: false })).toEqual([
      [{ label: null, index: 0, score: 7 }],
    ]);
    expect(topClasses(floats([0, 3], []), null, { k: 1, softmax: false })).toEqual([]);
    expect(topClasses(floats([3, 0], []), null, { k: 1, softmax: false })).toEqual([]);
  });

  it('refuses strings', () => {
    const words: TensorValue = { kind: 'tensor', dtype: 'string', shape: [1], data: ['a'] };
    expect(() => topClasses(words, null, { k: 1, softmax: false })).toThrow('A string output has no scores');
  });

  it('finds the same few as ranking all would', () => {
    const levels = fc.constantFrom(0, 1, 2, NaN, Infinity, -Infinity);
    fc.assert(
      fc.property(fc.array(levels, { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 30 }), (values, k) => {
        const few = topClasses(floats([values.length], values), null, { k, softmax: false })[0];
        const all = topClasses(floats([values.length], values), null, { k: values.length, softmax: false })[0];
        expect(few).toEqual(all.slice(0, k));
      }),
    );
  });
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { softmaxOf } from './softmax.js';

const close = (values: number[]) => values.map((value) => expect.closeTo(value, 12) as number);

it('gives the textbook numbers', () => {
  const sum = Math.exp(1) + Math.exp(2) + Math.exp(3);
  expect([...softmaxOf(Float64Array.of(1, 2, 3))]).toEqual(close([1, 2, 3].map((x) => Math.exp(x) / sum)));
});

it('sums to one and does not overflow, whatever the finite logits', () => {
  const logits = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(logits, (values) => {
      const sum = softmaxOf(Float64Array.from(values)).reduce((total, value) => total + value, 0);
      return Math.abs(sum - 1) < 1e-9;
    }),
  );
});

it('takes infinite logits as limits', () => {
  expect([...softmaxOf(Float64Array.of(Infinity, 5, Infinity, -Infinity))]).toEqual([0.5, 0, 0.5, 0]);
  expect([...softmaxOf(Float64Array.of(-Infinity, -Infinity))]).toEqual([0.5, 0.5]);
});

it('keeps NaN where it is', () => {
  expect([...softmaxOf(Float64Array.of(1, NaN, 1))]).toEqual([0.5, NaN, 0.5]);
});

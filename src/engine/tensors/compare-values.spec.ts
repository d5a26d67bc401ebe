import { describe, expect, it } from 'vitest';
import type { GraphValue, TensorValue } from '../protocol.js';
import { difference } from './compare-values.js';
import { halfToNumber } from './half.js';

function floats(...values: number[]): TensorValue {
  return { kind: 'tensor', dtype: 'float32', shape: [values.length], data: Float32Array.from(values) };
}

const texts: GraphValue = { kind: 'tensor', dtype: 'string', shape: [1], data: ['a'] };
const table = (key: string, score: number): GraphValue => ({ kind: 'map', keys: [key], values: [score] });

describe('the difference of two values', () => {
  it.each<[string, GraphValue, GraphValue, number]>([
    ['equal ones', floats(1, Number.NaN, Infinity), floats(1, Number.NaN, Infinity), 0],
    ['small numbers: absolute', floats(0.25, 0), floats(0.25, 0.5), 0.5],
    ['large numbers: relative', floats(100), floats(150), 0.5],
    ['a zero and its negative', floats(0), floats(-0), 0],
    ['a number and none', floats(1), floats(Number.NaN), Infinity],
    ['shapes', floats(1), floats(1, 2), Infinity],
    ['kinds', floats(1), texts, Infinity],
    ['texts', texts, { kind: 'tensor', dtype: 'string', shape: [1], data: ['b'] }, Infinity],
    ['half precision, by value', half(0x3c00), half(0x4000), 1],
    ['tables', table('a', 0.5), table('a', 0.25), 0.25],
    ['tables of other keys', table('a', 0.5), table('b', 0.5), Infinity],
    [
      'lists',
      { kind: 'sequence', items: [floats(1), floats(2)] },
      { kind: 'sequence', items: [floats(1), floats(3)] },
      0.5,
    ],
    ['lists of other lengths', { kind: 'sequence', items: [floats(1)] }, { kind: 'sequence', items: [] }, Infinity],
  ])('of %s', (_, a, b, wanted) => {
    expect(difference(a, b)).toBe(wanted);
  });
});

function half(bits: number): TensorValue {
  return { kind: 'tensor', dtype: 'float16', shape: [1], data: Uint16Array.of(bits) };
}

describe('half precision', () => {
  it.each([
    [0x0000, 0],
    [0x8000, -0],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3c01, 1 + 2 ** -10],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x7c00, Infinity],
    [0xfc00, -Infinity],
    [0x7e00, Number.NaN],
  ])('0x%s', (bits, number) => {
    expect(halfToNumber(bits)).toBe(number);
  });
});

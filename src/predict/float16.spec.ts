import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromFloat16Bits, toFloat16Bits } from './float16.js';

const ALL = Array.from({ length: 0x10000 }, (_, bits) => bits);
const finite = ALL.filter((bits) => (bits & 0x7c00) !== 0x7c00);

describe('float16', () => {
  it('reads known values', () => {
    const known: [bits: number, value: number][] = [
      [0x0000, 0],
      [0x8000, -0],
      [0x0001, 2 ** -24],
      [0x03ff, 1023 * 2 ** -24],
      [0x0400, 2 ** -14],
      [0x3555, 0.333251953125],
      [0x3c00, 1],
      [0xc000, -2],
      [0x7bff, 65504],
      [0x7c00, Infinity],
      [0xfc00, -Infinity],
      [0x7e00, NaN],
    ];
    for (const [bits, value] of known) {
      expect(fromFloat16Bits(bits)).toBe(value);
      expect(toFloat16Bits(value)).toBe(bits);
    }
  });

  it('gives every finite half back', () => {
    for (const bits of finite) expect(toFloat16Bits(fromFloat16Bits(bits))).toBe(bits);
  });

  it('rounds to the nearest, and a tie to the even one', () => {
    // Of one sign the bits are ordered like the values: neighbours are next to each other.
    const magnitudes = finite.filter((bits) => bits < 0x7bff);
    for (const bits of magnitudes) {
      const low = fromFloat16Bits(bits);
      const high = fromFloat16Bits(bits + 1);
      const middle = (low + high) / 2;
      expect(toFloat16Bits(middle)).toBe(bits % 2 === 0 ? bits : bits + 1);
      expect(toFloat16Bits(middle - low * 2 ** -40)).toBe(low === 0 ? 0 : bits);
      expect(toFloat16Bits(middle + high * 2 ** -40)).toBe(bits + 1);
    }
  });

  it('does not round twice: a value just above a tie in double is a tie in float32', () => {
    const value = 1 + 2 ** -11 + 2 ** -40;
    expect(toFloat16Bits(value)).toBe(0x3c01);
    expect(toFloat16Bits(Math.fround(value))).toBe(0x3c00);
  });

  it('is never further off than half a step', () => {
    fc.assert(
      fc.property(fc.double({ min: -65504, max: 65504, noNaN: true }), (value) => {
        const got = fromFloat16Bits(toFloat16Bits(value));
        const step = 2 ** Math.max(Math.floor(Math.log2(Math.abs(value) || 2 ** -24)) - 10, -24);
        expect(Math.abs(got - value)).toBeLessThanOrEqual(step / 2);
      }),
      { numRuns: 2000 },
    );
  });
});

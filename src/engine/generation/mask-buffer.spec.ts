import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MaskBuffer, maskWidth } from './mask-buffer.js';

const SLOTS = 5;
const CAPACITY = 300;

/** What a mask is, written from nothing. */
function naiveMask(lengths: readonly number[], width: number): bigint[] {
  return lengths.flatMap((length) => Array.from({ length: width }, (_, i) => (i < length ? 1n : 0n)));
}

const call = fc
  .integer({ min: 0, max: SLOTS - 1 })
  .chain((firstSlot) =>
    fc.tuple(
      fc.constant(firstSlot),
      fc.array(fc.integer({ min: 1, max: CAPACITY }), { minLength: 1, maxLength: SLOTS - firstSlot }),
    ),
  );

describe('the width of a mask', () => {
  it('doubles from 64 and ends at the capacity', () => {
    expect([1, 64, 65, 128, 129, 256, 257, 300].map((longest) => maskWidth(longest, CAPACITY))).toEqual([
      64, 64, 128, 128, 256, 256, 300, 300,
    ]);
    expect(maskWidth(10, 20)).toBe(20);
  });
});

describe('masks kept between steps', () => {
  it('are what they would be if written anew, whatever came before', () => {
    fc.assert(
      fc.property(fc.array(call, { maxLength: 40 }), (calls) => {
        const masks = new MaskBuffer(SLOTS, CAPACITY);
        for (const [firstSlot, lengths] of calls) {
          const { values, width } = masks.rows(firstSlot, lengths);
          expect(width).toBe(maskWidth(Math.max(...lengths), CAPACITY));
          expect([...values]).toEqual(naiveMask(lengths, width));
        }
      }),
    );
  });

  it('are views of one memory per width: a step allocates nothing', () => {
    const masks = new MaskBuffer(SLOTS, CAPACITY);
    const first = masks.rows(0, [10, 20]).values;
    expect(masks.rows(3, [30]).values.buffer).toBe(first.buffer);
    expect(masks.rows(3, [30]).values.byteOffset).toBe(3 * 64 * 8);
    expect(masks.rows(0, [100]).values.buffer).not.toBe(first.buffer);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRanges, rangesCost, type SlotLoad, type SlotRange } from './decode-windows.js';

/** `d`: decoding, `.`: idle and empty, `L`: idle with 2,000 tokens. */
function slots(picture: string): SlotLoad[] {
  return picture.split('').map((c) => ({ decoding: c === 'd', tokens: c === 'L' ? 2000 : 0 }));
}

const draw = (ranges: SlotRange[]) => ranges.map(({ first, end }) => `${first}-${end}`).join(' ');

describe('decodeRanges', () => {
  it.each([
    { picture: '', ranges: '' },
    { picture: '....', ranges: '' },
    { picture: 'dddd', ranges: '0-4' },
    { picture: '.dd.', ranges: '1-3' },
    { picture: 'd.d', ranges: '0-3' },
    { picture: 'd...d', ranges: '0-5' },
    { picture: 'd....d', ranges: '0-1 5-6' },
    { picture: 'd.d....d.d', ranges: '0-3 7-10' },
    // One idle row over 2,000 tokens costs more than a run.
    { picture: 'dLd', ranges: '0-1 2-3' },
  ])('$picture → $ranges', ({ picture, ranges }) => {
    expect(draw(decodeRanges(slots(picture)))).toBe(ranges);
  });

  it('covers every decoding slot once, at the least cost of all ways to do so', () => {
    const load = fc.record({ decoding: fc.boolean(), tokens: fc.constantFrom(0, 10, 300, 1200, 4000) });
    fc.assert(
      fc.property(fc.array(load, { maxLength: 9 }), (loads) => {
        const ranges = decodeRanges(loads);
        const covered = ranges.flatMap(({ first, end }) => Array.from({ length: end - first }, (_, i) => first + i));
        expect(new Set(covered).size).toBe(covered.length);
        expect(loads.every((l, slot) => !l.decoding || covered.includes(slot))).toBe(true);
        expect(rangesCost(loads, ranges)).toBeCloseTo(leastCost(loads), 9);
      }),
    );
  });
});

/** Tries every way to split the decoding slots into neighbouring groups. */
function leastCost(loads: SlotLoad[]): number {
  const decoding = loads.flatMap((l, slot) => (l.decoding ? [slot] : []));
  if (decoding.length === 0) return 0;
  let least = Infinity;
  for (let cuts = 0; cuts < 2 ** (decoding.length - 1); cuts += 1) {
    const ranges: SlotRange[] = [{ first: decoding[0], end: decoding[0] + 1 }];
    for (const [i, slot] of decoding.slice(1).entries()) {
      if ((cuts >> i) % 2 === 1) ranges.push({ first: slot, end: slot + 1 });
      else ranges.at(-1)!.end = slot + 1;
    }
    least = Math.min(least, rangesCost(loads, ranges));
  }
  return least;
}

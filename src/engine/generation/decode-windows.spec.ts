import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CPU_DECODE_COST, coverDecoding, type SlotLoad, type SlotRange } from './decode-windows.js';

/** `d`: decoding, `.`: idle and empty, `L`: idle with 2,000 tokens. */
function slots(picture: string): SlotLoad[] {
  return picture.split('').map((c) => ({ decoding: c === 'd', tokens: c === 'L' ? 2000 : 0 }));
}

const draw = (ranges: SlotRange[]) => ranges.map(({ first, end }) => `${first}-${end}`).join(' ');

describe('coverDecoding', () => {
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
    expect(draw(coverDecoding(slots(picture)).ranges)).toBe(ranges);
  });

  it.each([
    { picture: 'd', ranges: '0-1' },
    { picture: '....', ranges: '' },
    { picture: 'd...', ranges: '0-2' },
    { picture: '...d', ranges: '2-4' },
    { picture: 'LdL.', ranges: '0-2' },
    { picture: 'Ld.L', ranges: '1-3' },
    { picture: 'd....d', ranges: '0-6' },
    { picture: 'd......d', ranges: '0-2 6-8' },
  ])('at least two rows: $picture → $ranges', ({ picture, ranges }) => {
    expect(draw(coverDecoding(slots(picture), 2).ranges)).toBe(ranges);
  });

  it('covers every decoding slot once, at the least cost of all ways to do so', () => {
    const load = fc.record({ decoding: fc.boolean(), tokens: fc.constantFrom(0, 10, 300, 1200, 4000) });
    fc.assert(
      fc.property(fc.array(load, { maxLength: 8 }), fc.integer({ min: 1, max: 3 }), (loads, fewestRows) => {
        const { ranges, cost } = coverDecoding(loads, fewestRows);
        const covered = ranges.flatMap(({ first, end }) => Array.from({ length: end - first }, (_, i) => first + i));
        expect(covered).toEqual([...new Set(covered)].sort((a, b) => a - b));
        expect(loads.every((l, slot) => !l.decoding || covered.includes(slot))).toBe(true);
        expect(ranges.every((r) => r.end - r.first >= Math.min(fewestRows, loads.length))).toBe(true);
        expect(cost).toBeCloseTo(costOf(loads, ranges), 9);
        expect(cost).toBeCloseTo(leastCost(loads, 0, Math.min(fewestRows, loads.length)), 9);
      }),
    );
  });
});

function costOf(loads: SlotLoad[], ranges: SlotRange[]): number {
  const { run, row, token } = CPU_DECODE_COST;
  const rows = (r: SlotRange) => loads.slice(r.first, r.end).reduce((sum, l) => sum + row + l.tokens * token, 0);
  return ranges.reduce((sum, r) => sum + run + rows(r), 0);
}

/** Tries every next range that holds the first decoding slot from `from` on. */
function leastCost(loads: SlotLoad[], from: number, fewestRows: number): number {
  const next = loads.findIndex((l, slot) => slot >= from && l.decoding);
  if (next < 0) return 0;
  let least = Infinity;
  for (let first = from; first <= next; first += 1) {
    for (let end = Math.max(next + 1, first + fewestRows); end <= loads.length; end += 1) {
      least = Math.min(least, costOf(loads, [{ first, end }]) + leastCost(loads, end, fewestRows));
    }
  }
  return least;
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Candidates } from './candidates.js';
import { MassHistogram } from './mass-histogram.js';

function cut(logits: Float32Array, part: number, temperature = 1) {
  const histogram = new MassHistogram();
  histogram.fill(
    logits,
    logits.reduce((a, b) => Math.max(a, b)),
    temperature,
  );
  return histogram.cutAt(part, new Candidates(logits.length));
}

describe('cutAt', () => {
  it('decides among equals', () => {
    // A hundred equal tokens hold exactly half at the fiftieth.
    expect(cut(new Float32Array(100), 0.5)).toEqual({ logit: 0, id: 49 });
  });

  it('finds a cut far from the best token', () => {
    // 1,000 tokens at −25 hold 1.4e-8 of the mass; all but 7e-9 of it needs half of them.
    const logits = new Float32Array(1001).fill(-25);
    logits[7] = 0;
    expect(cut(logits, 1 - 7e-9).logit).toBe(-25);
  });

  it('ends at the last token that may come when all the mass is asked for', () => {
    const logits = Float32Array.of(-Infinity, 0, -3, -Infinity, -1);
    expect(cut(logits, 1)).toEqual({ logit: -3, id: 2 });
    expect(cut(Float32Array.of(-Infinity, 5), 1)).toEqual({ logit: 5, id: 1 });
  });

  it('ends at the best token when no mass is asked for', () => {
    expect(cut(Float32Array.of(1, 3, 3), 0)).toEqual({ logit: 3, id: 1 });
  });

  it('is where the sorted cumulative sum says, for tokens crowded into few buckets and spread over many', () => {
    const spreads = fc.constantFrom(0.005, 0.1, 3, 20);
    const values = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(values, spreads, fc.double({ min: 0, max: 1, noNaN: true }), (raw, spread, part) => {
        const logits = Float32Array.from(raw, (value) => value * spread);
        const max = Math.max(...logits);
        const ranked = [...logits].map((logit, id) => ({ logit, id })).sort((a, b) => b.logit - a.logit || a.id - b.id);
        const masses = ranked.map(({ logit }) => Math.exp(logit - max));
        const target = part * masses.reduce((a, b) => a + b, 0);
        let sum = 0;
        const place = masses.findIndex((mass) => (sum += mass) >= target);
        // Where the sum meets the target to the last digits, rounding may decide either way.
        fc.pre(place >= 0 && sum - target > 1e-11 && target - (sum - masses[place]) > 1e-11);
        expect(cut(logits, part)).toEqual(ranked[place]);
      }),
      { numRuns: 2000 },
    );
  });
});

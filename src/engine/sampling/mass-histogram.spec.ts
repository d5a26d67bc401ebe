import { describe, expect, it } from 'vitest';
import { Candidates } from './candidates.js';
import { MassHistogram } from './mass-histogram.js';

/** Two tokens of one bucket: their weights are 1 and exp(−0.9 / 64) = 0.98604. */
const NEAR = Float32Array.of(0, -0.9 / 64);

function filled(logits: Float32Array, temperature = 1): MassHistogram {
  const histogram = new MassHistogram();
  histogram.fill(logits, Math.max(...logits), temperature);
  return histogram;
}

describe('draw', () => {
  it('accepts a token by its real weight within the bucket, and draws again otherwise', () => {
    const second = filled(NEAR).draw(() => [0.75, 0.986]);
    expect(second).toBe(1);
    const attempts: number[] = [];
    const redrawn = filled(NEAR).draw((attempt) => {
      attempts.push(attempt);
      return attempt === 0 ? [0.75, 0.9861] : [0.25, 0.9999];
    });
    expect(redrawn).toBe(0);
    expect(attempts).toEqual([0, 1]);
  });

  it('never gives a masked token, even where rounding leads past the last bucket', () => {
    const logits = Float32Array.of(-Infinity, 0, -Infinity, -40);
    const places = [0.999_999_999_999_999_9, 0.5];
    expect(filled(logits).draw((attempt) => [places[attempt] ?? 0, 0.5])).toBe(1);
  });
});

describe('nucleusCut', () => {
  it('tells neighbours apart that the bounds of a bucket cannot: the masses are measured then', () => {
    // A hundred equal tokens hold exactly half at the fiftieth: any doubt about the total would move the cut.
    const logits = new Float32Array(100);
    const cut = filled(logits).nucleusCut(0.5, new Candidates(100));
    expect(cut).toEqual({ logit: 0, id: 49 });
  });

  it('finds a cut beyond 32 nats', () => {
    // 1,000 tokens at −40 hold 4e-15 of the mass; a nucleus of all but 2e-15 needs some of them.
    const logits = new Float32Array(1001).fill(-40);
    logits[7] = 0;
    const cut = filled(logits).nucleusCut(1 - 2e-15, new Candidates(1001));
    expect(cut.logit).toBe(-40);
  });
});

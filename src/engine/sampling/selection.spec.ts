import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_TOKEN } from './argmax.js';
import { uniformAt } from './philox.js';
import { drawToken, SamplingWorkspace, select, type Truncation } from './selection.js';

const OFF: Truncation = { temperature: 1, topK: 0, topP: 1, minP: 0 };

function kept(logits: number[] | Float32Array, truncation: Truncation): { id: number; probability: number }[] {
  const row = Float32Array.from(logits);
  const workspace = new SamplingWorkspace(row.length);
  if (!select(row, truncation, workspace)) return [];
  const { candidates } = workspace;
  const total = candidates.totalWeight();
  const tokens = Array.from({ length: candidates.count }, (_, i) => ({
    id: candidates.ids[i],
    probability: candidates.weights[i] / total,
  }));
  return tokens.sort((a, b) => a.id - b.id);
}

const idsKept = (logits: number[] | Float32Array, truncation: Truncation) => kept(logits, truncation).map((t) => t.id);

/** Logits whose softmax at temperature 1 is this distribution, up to float32. */
const logitsOf = (probabilities: number[]) => probabilities.map((p) => Math.log(p));

describe('select, by hand', () => {
  const logits = logitsOf([0.1, 0.4, 0.05, 0.3, 0.15]);

  it.each<{ name: string; truncation: Partial<Truncation>; ids: number[] }>([
    { name: 'nothing', truncation: { minP: 1e-9 }, ids: [0, 1, 2, 3, 4] },
    { name: 'top_k 2', truncation: { topK: 2 }, ids: [1, 3] },
    { name: 'top_k 1', truncation: { topK: 1 }, ids: [1] },
    { name: 'top_k beyond the vocabulary', truncation: { topK: 9, minP: 1e-9 }, ids: [0, 1, 2, 3, 4] },
    { name: 'top_p 0.69: 0.4 and 0.3 reach it', truncation: { topP: 0.69 }, ids: [1, 3] },
    { name: 'top_p 0.71: a third is needed', truncation: { topP: 0.71 }, ids: [1, 3, 4] },
    { name: 'top_p 0: the best alone', truncation: { topP: 0 }, ids: [1] },
    { name: 'min_p 0.3: at least 0.12', truncation: { minP: 0.3 }, ids: [1, 3, 4] },
    { name: 'min_p 1: the best alone', truncation: { minP: 1 }, ids: [1] },
    // 0.4 and 0.3 are 0.57 and 0.43 of what top_k left: the first alone reaches 0.5 of it, not 0.5 of everything.
    { name: 'top_p within top_k', truncation: { topK: 2, topP: 0.5 }, ids: [1] },
    { name: 'top_k, then top_p, then min_p', truncation: { topK: 4, topP: 0.95, minP: 0.5 }, ids: [1, 3] },
  ])('$name', ({ truncation, ids }) => {
    expect(idsKept(logits, { ...OFF, ...truncation })).toEqual(ids);
  });

  it('gives probabilities of the tempered softmax', () => {
    const atTwo = kept([2, 0], { ...OFF, temperature: 2, topK: 2, minP: 1e-9 });
    expect(atTwo[0].probability).toBeCloseTo(Math.E / (Math.E + 1), 12);
    const atHalf = kept([2, 0], { ...OFF, temperature: 0.5, minP: 1e-9 });
    expect(atHalf[1].probability).toBeCloseTo(1 / (Math.exp(4) + 1), 12);
  });

  it('prefers the lower id among equals, at the edge of top_k and of top_p', () => {
    const flat = Array.from({ length: 20 }, () => 1);
    expect(idsKept(flat, { ...OFF, topK: 3 })).toEqual([0, 1, 2]);
    expect(idsKept(flat, { ...OFF, topP: 0.5 })).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('never keeps a masked token, even when few others are left', () => {
    const masked = [-Infinity, 1, -Infinity, 0, -Infinity];
    for (const truncation of [{ topK: 4 }, { topP: 0.999999 }, { minP: 1e-9 }]) {
      expect(idsKept(masked, { ...OFF, ...truncation })).toEqual([1, 3]);
    }
  });
});

/** The obvious way: sort everything, then cut three times. `slack`: how near to a cut rounding may decide. */
function reference(logits: Float32Array, { temperature, topK, topP, minP }: Truncation) {
  const max = Math.max(...logits);
  const ranked = [...logits]
    .map((logit, id) => ({ id, logit, weight: Math.exp((logit - max) / temperature) }))
    .filter((t) => t.logit > -Infinity)
    .sort((a, b) => b.logit - a.logit || a.id - b.id)
    .slice(0, topK > 0 ? topK : undefined);
  const mass = ranked.reduce((sum, t) => sum + t.weight, 0);
  let before = 0;
  let slack = Infinity;
  const nucleus = ranked.filter((t) => {
    const keep = before === 0 || topP >= 1 || before < topP * mass;
    if (topP < 1) slack = Math.min(slack, Math.abs(before - topP * mass) / mass);
    before += t.weight;
    return keep;
  });
  const ids = nucleus.filter((t) => t.weight >= minP).map((t) => t.id);
  return { ids: ids.sort((a, b) => a - b), slack };
}

const truncations = fc
  .record({
    temperature: fc.constantFrom(0.01, 0.3, 0.7, 1, 1.3, 2, 50),
    topK: fc.constantFrom(0, 0, 1, 2, 5, 50, 200),
    topP: fc.constantFrom(1, 1, 0, 0.01, 0.5, 0.9, 0.95, 0.999, 0.9999999),
    minP: fc.constantFrom(0, 0, 0.001, 0.05, 0.5, 1),
  })
  .filter(({ topK, topP, minP }) => topK > 0 || topP < 1 || minP > 0);
/** Spread like a model's logits, or so that ties and near ties are everywhere, or flat, or far apart. */
const rows = fc
  .tuple(
    fc.constantFrom('normal', 'ties', 'flat', 'steep', 'masked'),
    fc.integer({ min: 1, max: 400 }),
    fc.bigInt({ min: 0n, max: 2n ** 32n }),
  )
  .map(([kind, length, seed]) => {
    return Float32Array.from({ length }, (_, i) => {
      const [a, b] = [uniformAt(seed, 2 * i), uniformAt(seed, 2 * i + 1)];
      if (kind === 'ties') return Math.floor(a * 4);
      if (kind === 'flat') return a * 1e-3;
      if (kind === 'steep') return a * 400 - 200;
      if (kind === 'masked' && b < 0.5 && i > 0) return -Infinity;
      return 3 * Math.sqrt(-2 * Math.log(1 - a)) * Math.cos(2 * Math.PI * b);
    });
  });

describe('select, against a full sort', () => {
  it('keeps exactly the same tokens', () => {
    fc.assert(
      fc.property(rows, truncations, (logits, truncation) => {
        const wanted = reference(logits, truncation);
        // A cut within rounding of its target may fall either way.
        fc.pre(wanted.slack > 1e-10);
        expect(idsKept(logits, truncation)).toEqual(wanted.ids);
      }),
      { numRuns: 3000 },
    );
  });

  it('does so for a large vocabulary, flat and peaked, and for a large top_k', () => {
    const size = 50_000;
    for (const spread of [0.01, 1, 4]) {
      const logits = Float32Array.from({ length: size }, (_, i) => {
        const [a, b] = [uniformAt(5n, 2 * i), uniformAt(5n, 2 * i + 1)];
        return spread * Math.sqrt(-2 * Math.log(1 - a)) * Math.cos(2 * Math.PI * b);
      });
      for (const truncation of [
        { topP: 0.9 },
        { topK: 3000 },
        { topK: 20_000, topP: 0.95 },
        { topP: 0.97, minP: 0.01 },
      ]) {
        const wanted = reference(logits, { ...OFF, ...truncation });
        expect(wanted.slack).toBeGreaterThan(1e-12);
        expect(idsKept(logits, { ...OFF, ...truncation })).toEqual(wanted.ids);
      }
    }
  });
});

describe('drawToken', () => {
  const size = 300;
  const logits = Float32Array.from({ length: size }, (_, i) => {
    const [a, b] = [uniformAt(11n, 2 * i), uniformAt(11n, 2 * i + 1)];
    return 2.5 * Math.sqrt(-2 * Math.log(1 - a)) * Math.cos(2 * Math.PI * b);
  });

  // One per way of drawing: the histogram, and the candidates of each kind of selection.
  it.each<{ name: string; truncation: Truncation }>([
    { name: 'temperature alone', truncation: { ...OFF, temperature: 1.2 } },
    { name: 'top_k and top_p', truncation: { ...OFF, topK: 50, topP: 0.9 } },
    { name: 'top_p alone', truncation: { ...OFF, topP: 0.95 } },
    { name: 'min_p alone', truncation: { ...OFF, minP: 0.02 } },
  ])('$name: 10,000 draws follow the distribution (chi-square)', ({ truncation }) => {
    const draws = 10_000;
    const workspace = new SamplingWorkspace(size);
    const seen = Array.from({ length: size }, () => 0);
    for (let step = 0; step < draws; step += 1) {
      seen[drawToken(logits, truncation, uniformAt(3n, step), workspace)] += 1;
    }
    const wanted = Array.from({ length: size }, () => 0);
    const all = { ...truncation, minP: truncation.minP || 1e-300 };
    for (const { id, probability } of kept(logits, all)) wanted[id] = probability * draws;
    // Cells of fewer than 5 expected draws are counted together, as the test asks.
    const large = wanted.map((n, id) => ({ n, id })).filter(({ n }) => n >= 5);
    const rest = (values: number[]) => values.filter((_, id) => wanted[id] < 5).reduce((a, b) => a + b, 0);
    const terms = large.map(({ n, id }) => (seen[id] - n) ** 2 / n);
    // With nothing wanted in them, any draw there makes the sum infinite.
    if (rest(wanted) + rest(seen) > 0) terms.push((rest(seen) - rest(wanted)) ** 2 / rest(wanted));
    const freedom = terms.length - 1;
    // Wilson and Hilferty: the 99.9 % point of chi-square.
    const limit = freedom * (1 - 2 / (9 * freedom) + 3.09 * Math.sqrt(2 / (9 * freedom))) ** 3;
    expect(terms.reduce((a, b) => a + b, 0)).toBeLessThan(limit);
  });

  it.each([
    ['NaN', Number.NaN],
    ['+∞', Infinity],
  ])('refuses a row with %s wherever it stands', (_, bad) => {
    for (const truncation of [OFF, { ...OFF, topK: 5 }, { ...OFF, topP: 0.9 }, { ...OFF, minP: 0.1 }]) {
      for (const place of [0, 17, size - 1]) {
        const spoiled = logits.with(place, bad);
        const token = drawToken(spoiled, truncation, 0.5, new SamplingWorkspace(size));
        expect(token).toBe(NO_TOKEN);
      }
    }
  });

  it('refuses a row in which every token is masked', () => {
    const masked = new Float32Array(8).fill(-Infinity);
    expect(drawToken(masked, OFF, 0.5, new SamplingWorkspace(8))).toBe(NO_TOKEN);
    expect(drawToken(masked, { ...OFF, topK: 3 }, 0.5, new SamplingWorkspace(8))).toBe(NO_TOKEN);
  });

  const spread = Float32Array.of(1, 4, 2, 4, -Infinity, 3);

  it('walks the tokens by falling probability, lower ids first, and never meets a masked one', () => {
    const workspace = new SamplingWorkspace(spread.length);
    for (const truncation of [OFF, { ...OFF, topK: 5 }, { ...OFF, topP: 0.999999 }, { ...OFF, minP: 1e-9 }]) {
      const met = Array.from({ length: 1000 }, (_, i) => drawToken(spread, truncation, i / 1000, workspace));
      expect([...new Set([...met, drawToken(spread, truncation, 1 - 2 ** -53, workspace)])]).toEqual([1, 3, 5, 2, 0]);
    }
  });

  it('gives the same token for the same number, however the tokens were selected', () => {
    const workspace = new SamplingWorkspace(size);
    for (let step = 0; step < 300; step += 1) {
      const u = uniformAt(8n, step);
      const plain = drawToken(logits, OFF, u, workspace);
      expect(drawToken(logits, { ...OFF, topK: size - 1, minP: 1e-12 }, u, workspace)).toBe(plain);
      expect(drawToken(logits, { ...OFF, minP: 1e-12 }, u, workspace)).toBe(plain);
    }
  });
});

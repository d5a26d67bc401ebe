/**
 * From a row of logits to the tokens that may be drawn and their weights: top_k, top_p, min_p, exactly and without
 * sorting the vocabulary. It knows no requests and draws nothing.
 *
 * Order: temperature, top_k, top_p, min_p, as in transformers: top_p measures its mass within what top_k left. min_p
 * compares with the most likely token, which always stays, so its place in the order matters only to top_p's mass.
 */
import { argmax, NO_TOKEN } from './argmax.js';
import { Candidates } from './candidates.js';

export interface Truncation {
  temperature: number;
  /** 0: off. */
  topK: number;
  /** 1: off. */
  topP: number;
  /** 0: off. */
  minP: number;
}

/** Histogram of probability mass over the distance from the best logit, in steps of 1/64 nat; the last takes the rest. */
const BUCKETS = 2048;
const BUCKETS_PER_NAT = 64;
/** Up to this many ids are put in order by sorting them; beyond, one more pass over the logits is cheaper. */
const SORT_LIMIT = 1024;

/** Made once per engine: no allocation of the vocabulary's size happens per token. */
export class SamplingWorkspace {
  readonly candidates: Candidates;
  readonly bucketMass = new Float64Array(BUCKETS);

  constructor(readonly vocabSize: number) {
    this.candidates = new Candidates(vocabSize);
  }
}

/**
 * Fills `workspace.candidates` with the tokens that may be drawn, by ascending id, and their weights
 * exp((logit − max) / temperature); the best token has weight 1.
 * @param logits `[vocab]`; −∞ marks a token that may not come
 * @returns false when the row holds NaN or +∞, or only −∞
 */
export function select(logits: Float32Array, truncation: Truncation, workspace: SamplingWorkspace): boolean {
  const { candidates } = workspace;
  const { topK, topP, minP } = truncation;
  const inverseTemperature = 1 / truncation.temperature;
  if (topK > 0 && topK < logits.length) {
    const max = gatherBest(logits, topK, candidates);
    if (max === null) return false;
    weigh(candidates, max, inverseTemperature);
    if (topP < 1) candidates.keepMass(topP * candidates.totalWeight());
    orderById(candidates, logits, max, inverseTemperature);
  } else {
    const best = argmax(logits);
    if (best === NO_TOKEN) return false;
    const max = logits[best];
    if (topP < 1) {
      const mass = topP * measureMass(logits, max, inverseTemperature, workspace.bucketMass);
      gatherNear(logits, max, nucleusReach(workspace.bucketMass, mass) / inverseTemperature, candidates);
      weigh(candidates, max, inverseTemperature);
      candidates.keepMass(mass);
      orderById(candidates, logits, max, inverseTemperature);
    } else {
      gatherNear(logits, max, minPReach(minP) / inverseTemperature, candidates);
      weigh(candidates, max, inverseTemperature);
    }
  }
  if (minP > 0) candidates.keepWeightAtLeast(minP);
  return true;
}

/**
 * The token at the fraction `u` of the candidates' mass.
 * @param u uniform in [0, 1)
 */
export function draw(candidates: Candidates, u: number): number {
  const target = u * candidates.totalWeight();
  let sum = 0;
  let last = 0;
  for (let i = 0; i < candidates.count; i += 1) {
    const weight = candidates.weights[i];
    if (weight === 0) continue;
    sum += weight;
    last = i;
    if (sum > target) break;
  }
  return candidates.ids[last];
}

/**
 * The `k` best logits in one pass: a token enters only when it beats the k-th best seen so far, and whenever the
 * buffer is full a partition throws the losers out. Equal logits of higher ids rightly lose: ids come in order.
 * @returns the largest logit, or null for a row that cannot be trusted
 */
function gatherBest(logits: Float32Array, k: number, candidates: Candidates): number | null {
  const room = Math.min(logits.length, Math.max(2 * k, k + 64));
  let threshold = -Infinity;
  let max = -Infinity;
  candidates.clear();
  for (let id = 0; id < logits.length; id += 1) {
    const logit = logits[id];
    if (!(logit <= threshold)) {
      if (Number.isNaN(logit)) return null;
      if (logit > max) max = logit;
      candidates.add(id, logit);
      if (candidates.count === room) {
        candidates.keepBest(k);
        threshold = candidates.logits[k - 1];
      }
    }
  }
  candidates.keepBest(k);
  return candidates.count === 0 || max === Infinity ? null : max;
}

/** Tokens within `distance` of the best logit, by ascending id. −∞ is never within. */
function gatherNear(logits: Float32Array, max: number, distance: number, candidates: Candidates): void {
  candidates.clear();
  const least = max - distance;
  for (let id = 0; id < logits.length; id += 1) {
    const logit = logits[id];
    if (logit >= least && logit !== -Infinity) candidates.add(id, logit);
  }
}

function weigh(candidates: Candidates, max: number, inverseTemperature: number): void {
  const { count, logits, weights } = candidates;
  for (let i = 0; i < count; i += 1) weights[i] = Math.exp((logits[i] - max) * inverseTemperature);
}

/** Fills the histogram. @returns the mass of the whole row */
function measureMass(logits: Float32Array, max: number, inverseTemperature: number, bucketMass: Float64Array): number {
  bucketMass.fill(0);
  let total = 0;
  for (let id = 0; id < logits.length; id += 1) {
    const distance = (max - logits[id]) * inverseTemperature;
    const weight = Math.exp(-distance);
    total += weight;
    const bucket = distance * BUCKETS_PER_NAT;
    bucketMass[bucket < BUCKETS - 1 ? bucket | 0 : BUCKETS - 1] += weight;
  }
  return total;
}

/** How far from the best logit, in nats, the nucleus of this mass can reach: the far edge of its last bucket. */
function nucleusReach(bucketMass: Float64Array, mass: number): number {
  let sum = 0;
  for (let bucket = 0; bucket < BUCKETS - 1; bucket += 1) {
    sum += bucketMass[bucket];
    // One bucket more than needed: the edge is compared in other arithmetic than the histogram's.
    if (sum >= mass) return (bucket + 2) / BUCKETS_PER_NAT;
  }
  return Infinity;
}

/** A little further than min_p reaches, in nats: the exact comparison follows on the weights. */
function minPReach(minP: number): number {
  return minP > 0 ? -Math.log(minP) + 1 / BUCKETS_PER_NAT : Infinity;
}

/**
 * Puts the candidates by ascending id again after a partition mixed them. Drawing walks them in this order, so a
 * seed's draw depends on the distribution alone and not on the path of the selection.
 */
function orderById(candidates: Candidates, logits: Float32Array, max: number, inverseTemperature: number): void {
  if (candidates.count <= SORT_LIMIT) {
    candidates.ids.subarray(0, candidates.count).sort();
    for (let i = 0; i < candidates.count; i += 1) candidates.logits[i] = logits[candidates.ids[i]];
  } else {
    const cut = candidates.cut();
    candidates.clear();
    for (let id = 0; id < logits.length; id += 1) {
      const logit = logits[id];
      if (logit > cut.logit || (logit === cut.logit && id <= cut.id)) candidates.add(id, logit);
    }
  }
  weigh(candidates, max, inverseTemperature);
}

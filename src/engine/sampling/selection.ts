/**
 * From a row of logits to a token: temperature, top_k, top_p, min_p and the draw, exactly and without sorting the
 * vocabulary. It knows no requests and keeps nothing from one token to the next.
 *
 * Order: temperature, top_k, top_p, min_p, as in transformers: top_p measures its mass within what top_k left. min_p
 * compares with the most likely token, which always stays, so what it keeps does not depend on its place.
 */
import { argmax, NO_TOKEN, noneAbove } from './argmax.js';
import { Candidates, type Cut } from './candidates.js';
import { MassHistogram, type RandomPair } from './mass-histogram.js';

export interface Truncation {
  temperature: number;
  /** 0: off. */
  topK: number;
  /** 1: off. */
  topP: number;
  /** 0: off. */
  minP: number;
}

/** Made once per engine: no allocation of the vocabulary's size happens per token. */
export class SamplingWorkspace {
  readonly candidates: Candidates;
  readonly histogram = new MassHistogram();

  constructor(readonly vocabSize: number) {
    this.candidates = new Candidates(vocabSize);
  }
}

/**
 * Draws a token by its probability.
 * @param logits `[vocab]`; −∞ marks a token that may not come
 * @returns `NO_TOKEN` when the row holds NaN or +∞, or only −∞
 */
export function drawToken(
  logits: Float32Array,
  truncation: Truncation,
  random: RandomPair,
  workspace: SamplingWorkspace,
): number {
  if (!isTruncated(truncation, logits.length)) {
    const best = argmax(logits);
    if (best === NO_TOKEN) return NO_TOKEN;
    workspace.histogram.fill(logits, logits[best], truncation.temperature);
    return workspace.histogram.draw(random);
  }
  if (!select(logits, truncation, workspace)) return NO_TOKEN;
  return workspace.candidates.at(random(0)[0]);
}

/**
 * Fills `workspace.candidates` with the tokens that top_k, top_p and min_p leave, by ascending id, and their weights
 * exp((logit − max) / temperature). In this order the draw depends on the distribution alone, not on how the
 * selection went about it.
 * @returns false when the row holds NaN or +∞, or only −∞
 */
export function select(logits: Float32Array, truncation: Truncation, workspace: SamplingWorkspace): boolean {
  const { candidates, histogram } = workspace;
  const { temperature, topK, topP, minP } = truncation;
  if (topK > 0 && topK < logits.length) {
    const max = gatherBest(logits, topK, candidates);
    if (max === null) return false;
    candidates.weigh(max, temperature);
    if (topP < 1) candidates.keepMass(topP * candidates.totalWeight());
    orderById(candidates, logits);
    candidates.weigh(max, temperature);
  } else {
    const best = argmax(logits);
    if (best === NO_TOKEN) return false;
    const max = logits[best];
    if (topP < 1) {
      histogram.fill(logits, max, temperature);
      gatherUpTo(logits, histogram.nucleusCut(topP, candidates), candidates);
    } else {
      gatherUpTo(logits, { logit: max - minPReach(minP) * temperature, id: logits.length }, candidates);
    }
    candidates.weigh(max, temperature);
  }
  if (minP > 0) candidates.keepWeightAtLeast(minP);
  return true;
}

function isTruncated({ topK, topP, minP }: Truncation, vocabSize: number): boolean {
  return (topK > 0 && topK < vocabSize) || topP < 1 || minP > 0;
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
  for (let start = 0; start < logits.length; start += 8) {
    if (noneAbove(logits, start, threshold)) continue;
    const end = Math.min(start + 8, logits.length);
    for (let id = start; id < end; id += 1) {
      const logit = logits[id];
      if (logit <= threshold) continue;
      if (Number.isNaN(logit)) return null;
      max = Math.max(max, logit);
      candidates.add(id, logit);
      if (candidates.count < room) continue;
      candidates.keepBest(k);
      threshold = candidates.logits[k - 1];
    }
  }
  candidates.keepBest(k);
  return candidates.count === 0 || max === Infinity ? null : max;
}

/** The tokens that rank at or before the cut, by ascending id; those at −∞ never. */
function gatherUpTo(logits: Float32Array, cut: Cut, candidates: Candidates): void {
  candidates.clear();
  // Any bound below the cut will do to skip eight at once; this one is nearer than the next float32.
  const bound = cut.logit - Math.abs(cut.logit) / 2 ** 26 - Number.MIN_VALUE;
  for (let start = 0; start < logits.length; start += 8) {
    if (noneAbove(logits, start, bound)) continue;
    const end = Math.min(start + 8, logits.length);
    for (let id = start; id < end; id += 1) {
      const logit = logits[id];
      if (logit < cut.logit || (logit === cut.logit && id > cut.id) || logit === -Infinity) continue;
      candidates.add(id, logit);
    }
  }
}

/** A little further than min_p reaches, in nats: the exact comparison follows on the weights. */
function minPReach(minP: number): number {
  return minP > 0 ? -Math.log(minP) + 0.01 : Infinity;
}

/** Puts the candidates by ascending id again after a partition mixed them; the weights are to be computed anew. */
function orderById(candidates: Candidates, logits: Float32Array): void {
  candidates.ids.subarray(0, candidates.count).sort();
  for (let i = 0; i < candidates.count; i += 1) candidates.logits[i] = logits[candidates.ids[i]];
}

/**
 * From a row of logits to a token: temperature, top_k, top_p, min_p and the draw, exactly and without sorting the
 * vocabulary. It knows no requests and keeps nothing from one token to the next.
 *
 * Order: temperature, top_k, top_p, min_p, as in transformers: top_p measures its mass within what top_k left. min_p
 * compares with the most likely token, which always stays, so what it keeps does not depend on its place.
 */
import { argmax, NO_TOKEN, noneAbove } from './argmax.js';
import { Candidates, type Cut } from './candidates.js';
import { MassHistogram } from './mass-histogram.js';

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
 * Draws a token by its probability: tokens by falling probability, lower ids first among equals, lie along [0, 1), and
 * the one at `u` is drawn. So a seed's draw depends on the distribution alone, hardly at all on its last bits, and not
 * on how the selection went about it.
 * @param logits `[vocab]`; −∞ marks a token that may not come
 * @param u uniform in [0, 1)
 * @returns `NO_TOKEN` when the row holds NaN or +∞, or only −∞
 */
export function drawToken(
  logits: Float32Array,
  truncation: Truncation,
  u: number,
  workspace: SamplingWorkspace,
): number {
  const { candidates, histogram } = workspace;
  if (!isTruncated(truncation, logits.length)) {
    const best = argmax(logits);
    if (best === NO_TOKEN) return NO_TOKEN;
    histogram.fill(logits, logits[best], truncation.temperature);
    return histogram.cutAt(u, candidates).id;
  }
  if (!select(logits, truncation, workspace)) return NO_TOKEN;
  candidates.keepMass(u * candidates.totalWeight());
  return candidates.last().id;
}

/**
 * Fills `workspace.candidates` with the tokens that top_k, top_p and min_p leave, in any order, and their weights
 * exp((logit − max) / temperature); the best token weighs 1.
 * @returns false when the row holds NaN or +∞, or only −∞
 */
export function select(logits: Float32Array, truncation: Truncation, workspace: SamplingWorkspace): boolean {
  const { candidates } = workspace;
  const { temperature, topK, topP, minP } = truncation;
  if (topK > 0 && topK < logits.length) {
    const max = gatherBest(logits, topK, candidates);
    if (max === null) return false;
    candidates.weigh(max, temperature);
    if (topP < 1) candidates.keepMass(topP * candidates.totalWeight());
  } else {
    const best = argmax(logits);
    if (best === NO_TOKEN) return false;
    gatherUpTo(logits, cutOf(logits, logits[best], truncation, workspace), candidates);
    candidates.weigh(logits[best], temperature);
  }
  if (minP > 0) candidates.keepWeightAtLeast(minP);
  return true;
}

function isTruncated({ topK, topP, minP }: Truncation, vocabSize: number): boolean {
  return (topK > 0 && topK < vocabSize) || topP < 1 || minP > 0;
}

/** Where top_p ends, or else a little behind where min_p does: the exact comparison follows on the weights. */
function cutOf(logits: Float32Array, max: number, truncation: Truncation, workspace: SamplingWorkspace): Cut {
  const { temperature, topP, minP } = truncation;
  if (topP < 1) {
    workspace.histogram.fill(logits, max, temperature);
    return workspace.histogram.cutAt(topP, workspace.candidates);
  }
  const reachNats = minP > 0 ? 0.01 - Math.log(minP) : Infinity;
  return { logit: max - reachNats * temperature, id: logits.length };
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

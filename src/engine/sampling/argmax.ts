/** The largest logit, and whether a row of logits can be trusted at all. */

/** A row that no token can be drawn from: the model's numbers broke, or every token is masked. */
export const NO_TOKEN = -1;

/**
 * One pass, and one comparison per element: `!(x <= best)` holds for a new maximum and for NaN alike.
 * @param logits `[vocab]`; −∞ marks a token that may not come
 * @returns the id of the largest logit, the lowest id on ties; `NO_TOKEN` when the row holds NaN or +∞, or only −∞
 */
export function argmax(logits: Float32Array): number {
  let best = -Infinity;
  let bestId = NO_TOKEN;
  for (let id = 0; id < logits.length; id += 1) {
    const logit = logits[id];
    if (!(logit <= best)) {
      if (Number.isNaN(logit)) return NO_TOKEN;
      best = logit;
      bestId = id;
    }
  }
  return best === Infinity ? NO_TOKEN : bestId;
}

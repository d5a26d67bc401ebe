/** Logits → probabilities, for any doubles. */

/**
 * Shifted by the largest, so that nothing overflows. Infinite logits are taken as limits: the +Infinity ones share all,
 * or all share when every one is -Infinity. NaN stays NaN and takes nothing from the others.
 */
export function softmaxOf(logits: Float64Array): Float64Array {
  const top = logits.reduce((largest, logit) => (logit > largest ? logit : largest), -Infinity);
  const powers = logits.map((logit) => (logit === top ? 1 : Math.exp(logit - top)));
  const sum = powers.reduce((total, power) => (Number.isNaN(power) ? total : total + power), 0);
  return powers.map((power) => power / sum);
}

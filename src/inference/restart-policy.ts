/**
 * What to do after an engine ended by itself: arithmetic over plain numbers, no clock and no process.
 *
 * An engine that finished a request since it was loaded was useful: its end starts the count anew. Engines that
 * end without having finished anything are restarted ever later, and after a few the breaker opens: callers are
 * refused at once, and one engine is tried per cool-down.
 */
export interface RestartDecision {
  /** Ends in a row without a finished request, this one included. */
  fruitless: number;
  delayMs: number;
  /** Whether requests are refused until the next engine is up. */
  breakerOpen: boolean;
}

export const RESTART = {
  firstDelayMs: 50,
  maxDelayMs: 10_000,
  breakerAfter: 5,
  coolDownMs: 60_000,
} as const;

export function decideRestart(fruitlessBefore: number, finishedRequests: number): RestartDecision {
  const fruitless = finishedRequests > 0 ? 1 : fruitlessBefore + 1;
  if (fruitless >= RESTART.breakerAfter) return { fruitless, delayMs: RESTART.coolDownMs, breakerOpen: true };
  const delayMs = Math.min(RESTART.firstDelayMs * 4 ** (fruitless - 1), RESTART.maxDelayMs);
  return { fruitless, delayMs, breakerOpen: false };
}

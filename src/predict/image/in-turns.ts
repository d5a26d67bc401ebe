/** A long loop over pixels, in turns with everything else on the main thread (see `pace.ts`). */
import { Pace } from '../pace.js';

/** Simple steps between two looks at the clock: well below a millisecond. */
const STRIDE = 200_000;

/**
 * @param count places in all
 * @param cost steps a place takes
 * @param work does the places from the first up to, but not including, the second
 */
export async function inTurns(count: number, cost: number, work: (from: number, to: number) => void): Promise<void> {
  const pace = new Pace();
  const stride = Math.max(1, Math.floor(STRIDE / cost));
  for (let from = 0; from < count; from += stride) {
    work(from, Math.min(count, from + stride));
    if (pace.isDue) await pace.rest();
  }
}

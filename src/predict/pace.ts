/**
 * Turns at long work on the main thread: a loop that has run for a slice lets everything else go first, and of all such
 * loops only one has a slice between two looks at the network.
 *
 * Without the second half, eight large bodies would each take a slice in a row, and a probe would wait for all of them.
 */

/** Long enough that turns cost little; short enough that a probe does not feel one. */
const SLICE_MS = 2;

const waiting: (() => void)[] = [];
let pumping = false;

export class Pace {
  private turnEndsAt = performance.now() + SLICE_MS;

  /** To be asked every few hundred steps of a loop. */
  get isDue(): boolean {
    return performance.now() > this.turnEndsAt;
  }

  /** Waits for the next turn. */
  async rest(): Promise<void> {
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      if (pumping) return;
      pumping = true;
      setImmediate(giveTurn);
    });
    this.turnEndsAt = performance.now() + SLICE_MS;
  }
}

/** One turn per round of the event loop. */
function giveTurn(): void {
  const next = waiting.shift();
  if (waiting.length > 0) setImmediate(giveTurn);
  else pumping = false;
  next?.();
}

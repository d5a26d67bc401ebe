/**
 * Time as the stores of this room see it: how long ago, and call me later. It does not know the date; token times are
 * compared with the wall clock where they are checked.
 */
export interface Clock {
  /** Milliseconds that only ever grow; their zero means nothing. */
  now(): number;
  /** Runs the callback once after `ms`. The returned function calls it off. */
  after(ms: number, callback: () => void): () => void;
}

/** Its timers never keep the process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms).unref();
    return () => clearTimeout(timer);
  },
};

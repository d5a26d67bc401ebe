/**
 * How many requests one model takes at a time, and how long a refused caller should wait: counters and arithmetic.
 *
 * Running and waiting requests are counted together, since a place in the queue and a slot are both held until the end.
 */
import { AppError } from '../common/errors/app-error.js';

/** Weight of the newest service time in the running mean. */
const SMOOTHING = 0.2;
const MAX_RETRY_SECONDS = 60;

export class Admission {
  private held = 0;
  /** Mean milliseconds from admission to end with the slots as busy as they were; null before the first end. */
  private meanServiceMs: number | null = null;

  constructor(
    private readonly slots: number,
    private readonly maxQueue: number,
  ) {}

  get inFlight(): number {
    return this.held;
  }

  canAdmit(): boolean {
    return this.held < this.slots + this.maxQueue;
  }

  /** @throws AppError `queue_full` with the seconds after which a place is likely to be free */
  admit(): void {
    if (!this.canAdmit()) {
      throw new AppError(
        'queue_full',
        `The queue is full: ${this.slots} ${this.slots === 1 ? 'request' : 'requests'} may run and ${this.maxQueue} may wait for this model.`,
        { retryAfterSeconds: this.retryAfterSeconds() },
      );
    }
    this.held += 1;
  }

  /** @param serviceMs null when the request says nothing about how long others take */
  release(serviceMs: number | null): void {
    this.held -= 1;
    if (serviceMs === null) return;
    const mean = this.meanServiceMs;
    this.meanServiceMs = mean === null ? serviceMs : mean + SMOOTHING * (serviceMs - mean);
  }

  /** The queue drains `slots` requests per mean service time; a caller's turn comes when it has drained once. */
  retryAfterSeconds(): number {
    const roundsAhead = Math.max(1, (this.held - this.slots) / this.slots);
    const seconds = Math.ceil((roundsAhead * (this.meanServiceMs ?? 1000)) / 1000);
    return Math.min(Math.max(seconds, 1), MAX_RETRY_SECONDS);
  }
}

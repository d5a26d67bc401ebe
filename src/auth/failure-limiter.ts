/**
 * A bucket of failed attempts per address: twenty at once, then one a second. Success costs nothing and is never limited.
 */
import type { Clock } from './clock.js';

export const BURST = 20;
const REFILL_MS = 1000;
/** Addresses remembered; beyond, the one that was quiet longest is forgotten. */
export const MAX_ADDRESSES = 10_000;

interface Bucket {
  left: number;
  at: number;
}

export class FailureLimiter {
  /** In the order of the last failure. */
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly clock: Pick<Clock, 'now'>) {}

  get size(): number {
    return this.buckets.size;
  }

  /** Counts one failure. The seconds to wait when there were too many; null while there were not. */
  count(address: string): number | null {
    const now = this.clock.now();
    const known = this.buckets.get(address) ?? { left: BURST, at: now };
    const left = Math.min(BURST, known.left + (now - known.at) / REFILL_MS);
    const allowed = left >= 1;
    this.remember(address, { left: allowed ? left - 1 : left, at: now });
    return allowed ? null : Math.max(1, Math.ceil(((1 - left) * REFILL_MS) / 1000));
  }

  private remember(address: string, bucket: Bucket): void {
    this.buckets.delete(address);
    this.buckets.set(address, bucket);
    if (this.buckets.size <= MAX_ADDRESSES) return;
    const [quietest] = this.buckets.keys();
    this.buckets.delete(quietest);
  }
}

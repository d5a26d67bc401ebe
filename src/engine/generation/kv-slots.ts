/**
 * The rows of the cache as property: who owns each slot, and what a free one still holds of its last sequence.
 *
 * It does not know the tensors. A slot is either owned or free; only a free slot retains anything.
 */
import type { PrefixCacheMode } from '../protocol.js';
import { reusableTokens } from './prefill-chunks.js';

/** What a free slot still holds: these tokens in its first rows, for prompts of this scope. */
export interface RetainedRows {
  ids: Int32Array;
  scope: string;
}

interface Slot {
  owner: number | null;
  retained: RetainedRows | null;
  /** Counts releases: lower is longer ago. */
  freedAt: number;
  /** Decode runs that fed it as an idle row since. */
  carried: number;
}

/**
 * After so many runs as an idle row a retained slot has cost as much as prefilling its tokens again would: a token held
 * costs 2 us a step, to prefill it 770 us (../spec/engine.md 8). Whoever has not come back by then has lost.
 */
export const CARRY_LIMIT = 384;

export class KvSlots {
  private readonly slots: Slot[];
  private releases = 0;

  constructor(
    readonly count: number,
    private readonly prefixCache: PrefixCacheMode,
  ) {
    this.slots = Array.from({ length: count }, () => ({ owner: null, retained: null, freedAt: 0, carried: 0 }));
  }

  canTake(slot: number): boolean {
    return this.slots[slot]?.owner === null;
  }

  /** The slot is `owner`'s from now on; what it retained beyond the owner's own prefix is forgotten. */
  take(slot: number, owner: number): void {
    if (!this.canTake(slot)) throw new Error(`slot ${slot} is not free`);
    this.slots[slot] = { owner, retained: null, freedAt: 0, carried: 0 };
  }

  /** Gives a slot back. `held` names the tokens of its valid rows, or null when they must not be used again. */
  release(slot: number, held: RetainedRows | null): void {
    this.releases += 1;
    const keeps = held !== null && this.prefixCache !== 'off' && held.ids.length > 0;
    this.slots[slot] = { owner: null, retained: keeps ? held : null, freedAt: this.releases, carried: 0 };
  }

  /** A decode run fed the free slot as an idle row. What has been carried along for too long is forgotten. */
  carry(slot: number): void {
    const entry = this.slots[slot];
    entry.carried += 1;
    if (entry.carried >= CARRY_LIMIT) entry.retained = null;
  }

  owner(slot: number): number | null {
    return this.slots[slot].owner;
  }

  retained(slot: number): RetainedRows | null {
    return this.slots[slot].retained;
  }

  freedAt(slot: number): number {
    return this.slots[slot].freedAt;
  }

  /** Rows of a free slot that a prompt of this scope can use; see `reusableTokens` for what is computed again. */
  reusable(slot: number, promptIds: Int32Array, scope: string): number {
    const retained = this.slots[slot].retained;
    if (retained === null || retained.scope !== scope) return 0;
    return reusableTokens(commonPrefixLength(retained.ids, promptIds), promptIds.length);
  }
}

/** How many tokens two sequences share from the start. */
export function commonPrefixLength(a: Int32Array, b: Int32Array): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a[length] === b[length]) length += 1;
  return length;
}

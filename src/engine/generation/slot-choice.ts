/**
 * Which free slot a new sequence takes. Pure: it knows counts, not tokens, and changes nothing.
 *
 * Taking a slot destroys what it retains beyond the common prefix, so a hit has to be worth it: a shared system
 * prompt of 50 tokens must not throw away a conversation of 1,000 while an empty slot waits beside it.
 */

export interface FreeSlot {
  slot: number;
  /** Tokens it retains from an ended sequence; 0 when empty. */
  retained: number;
  /** How many of them the new prompt can use. */
  reusable: number;
  /** When it was given back: a counter; lower is longer ago. */
  freedAt: number;
  /** What a decode step would cost with this slot decoding, in any unit: keeps windows dense. */
  stepCost: number;
}

export interface SlotChoice {
  slot: number;
  cachedTokens: number;
}

/** A shorter hit saves less than its bookkeeping is worth explaining. */
export const MIN_PREFIX_HIT = 16;
/** A hit must keep at least this part of what the slot retains; else it is only used where the slot would go anyway. */
const WORTHWHILE_PART = 0.25;

/**
 * In this order: the longest worthwhile hit; an empty slot that keeps decode windows dense; the slot that was
 * given back the longest ago.
 * @returns null when no slot is free
 */
export function chooseSlot(free: readonly FreeSlot[], minHit: number = MIN_PREFIX_HIT): SlotChoice | null {
  const hits = free.filter((s) => s.reusable >= minHit && s.reusable >= WORTHWHILE_PART * s.retained);
  const empty = free.filter((s) => s.retained === 0);
  const chosen =
    first(hits, (a, b) => b.reusable - a.reusable || a.retained - b.retained || a.slot - b.slot) ??
    first(empty, (a, b) => a.stepCost - b.stepCost || a.slot - b.slot) ??
    first(free, (a, b) => a.freedAt - b.freedAt || a.slot - b.slot);
  if (chosen === null) return null;
  return { slot: chosen.slot, cachedTokens: chosen.reusable >= minHit ? chosen.reusable : 0 };
}

function first(slots: readonly FreeSlot[], order: (a: FreeSlot, b: FreeSlot) => number): FreeSlot | null {
  return slots.length === 0 ? null : slots.reduce((best, s) => (order(s, best) < 0 ? s : best));
}

/**
 * Which neighbouring slots decode in one run. Pure arithmetic over slots; it knows no tokens and no model.
 *
 * A run over `[first, end)` also feeds the idle slots between: each costs a row. Two runs cost a run more. Every gap
 * is decided for itself, because the total is (runs × fixed cost) + (rows' cost): bridge it when its idle rows cost
 * less than another run.
 */

export interface SlotLoad {
  decoding: boolean;
  /** Tokens that the slot's row holds; an idle row's attention reads them too. */
  tokens: number;
}

/** In units of a run of one short row. */
export interface DecodeCost {
  run: number;
  row: number;
  /** Per token that a row holds. */
  token: number;
}

/**
 * Measured on the CPU, SmolLM2-135M (../spec/engine.md 8): 244 tokens/s alone and 722 in a batch of 8 make
 * 1 + 0.24 · (rows − 1); one row at past 1500 costs 1.7 times one at past 200, which makes 0.0005 a token.
 */
export const CPU_DECODE_COST: DecodeCost = { run: 0.76, row: 0.24, token: 0.0005 };

/** Slots from `first` up to, not including, `end`. */
export interface SlotRange {
  first: number;
  end: number;
}

/** The cheapest set of runs that covers every decoding slot; each range starts and ends with a decoding slot. */
export function decodeRanges(slots: readonly SlotLoad[], cost: DecodeCost = CPU_DECODE_COST): SlotRange[] {
  const ranges: SlotRange[] = [];
  let current: SlotRange | null = null;
  let gapCost = 0;
  for (const [slot, load] of slots.entries()) {
    if (!load.decoding) {
      gapCost += rowCost(load, cost);
      continue;
    }
    if (current !== null && gapCost <= cost.run) {
      current.end = slot + 1;
    } else {
      current = { first: slot, end: slot + 1 };
      ranges.push(current);
    }
    gapCost = 0;
  }
  return ranges;
}

/** What these runs cost in one step. */
export function rangesCost(slots: readonly SlotLoad[], ranges: readonly SlotRange[], cost = CPU_DECODE_COST): number {
  let sum = 0;
  for (const { first, end } of ranges) {
    sum += cost.run;
    for (let slot = first; slot < end; slot += 1) sum += rowCost(slots[slot], cost);
  }
  return sum;
}

function rowCost(load: SlotLoad, cost: DecodeCost): number {
  return cost.row + load.tokens * cost.token;
}

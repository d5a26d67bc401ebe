/**
 * Which neighbouring slots decode in one run. Pure arithmetic over slots; it knows no tokens and no model.
 *
 * A run over `[first, end)` also feeds the idle slots in it: each costs a row, and one run more costs a run. The
 * cheapest cover of all decoding slots is found exactly, from the left, one end after another.
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

export interface DecodeCover {
  ranges: SlotRange[];
  cost: number;
}

/**
 * The cheapest set of runs that covers every decoding slot.
 * @param fewestRows a run has at least this many rows, or all slots where there are fewer
 */
export function coverDecoding(
  slots: readonly SlotLoad[],
  fewestRows = 1,
  cost: DecodeCost = CPU_DECODE_COST,
): DecodeCover {
  const fewest = Math.min(fewestRows, slots.length);
  /** By end: the cheapest cover of the decoding slots before it, and where its last range starts if it ends there. */
  const least = [0];
  const starts: (number | null)[] = [null];
  for (let end = 1; end <= slots.length; end += 1) {
    least[end] = slots[end - 1].decoding ? Infinity : least[end - 1];
    starts[end] = null;
    let rows = 0;
    for (let first = end - 1; first >= 0; first -= 1) {
      rows += cost.row + slots[first].tokens * cost.token;
      const total = least[first] + cost.run + rows;
      if (end - first < fewest || total >= least[end]) continue;
      least[end] = total;
      starts[end] = first;
    }
  }
  return { ranges: readRanges(starts), cost: least[slots.length] };
}

/** Walks back from the last end. */
function readRanges(starts: readonly (number | null)[]): SlotRange[] {
  const ranges: SlotRange[] = [];
  let end = starts.length - 1;
  while (end > 0) {
    const first = starts[end];
    if (first !== null) ranges.push({ first, end });
    end = first ?? end - 1;
  }
  return ranges.reverse();
}

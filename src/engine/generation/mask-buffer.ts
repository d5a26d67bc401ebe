/**
 * Attention masks of decode runs: per row as many ones as the row will hold, then zeros, `int64 [rows, width]`.
 *
 * A row's mask changes by one element a step, so masks are kept and only the difference to last time is written: no
 * work grows with the context. Each width has a buffer of its own, one line per slot, so that rows of a window are
 * neighbours and windows of different widths do not undo each other's work.
 */

const MIN_WIDTH = 64;

/** The width for rows of up to `longest` tokens: doubling, so that shapes repeat and a growing row seldom changes it. */
export function maskWidth(longest: number, capacity: number): number {
  let width = MIN_WIDTH;
  while (width < longest) width *= 2;
  return Math.min(width, capacity);
}

export interface Mask {
  values: BigInt64Array;
  width: number;
}

export class MaskBuffer {
  private readonly lines = new Map<number, { values: BigInt64Array; ones: Int32Array }>();

  constructor(
    private readonly slots: number,
    private readonly capacity: number,
  ) {}

  /**
   * @param lengths ones per row, at most `capacity`, for slots from `firstSlot` on
   * @returns a view, valid until the next call
   */
  rows(firstSlot: number, lengths: readonly number[]): Mask {
    const width = maskWidth(Math.max(...lengths), this.capacity);
    let lines = this.lines.get(width);
    if (lines === undefined) {
      lines = { values: new BigInt64Array(this.slots * width), ones: new Int32Array(this.slots) };
      this.lines.set(width, lines);
    }
    for (const [row, length] of lengths.entries()) {
      const slot = firstSlot + row;
      const start = slot * width;
      const before = lines.ones[slot];
      if (length > before) lines.values.fill(1n, start + before, start + length);
      else lines.values.fill(0n, start + length, start + before);
      lines.ones[slot] = length;
    }
    return { values: lines.values.subarray(firstSlot * width, (firstSlot + lengths.length) * width), width };
  }
}

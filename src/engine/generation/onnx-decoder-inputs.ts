/**
 * The tensors that a run takes beside the cache: token ids, attention mask, and positions where the model wants them.
 *
 * All int64, over buffers made once; a run's tensors are views of them, valid until the next run is prepared.
 */
import type { DecodeRow } from './decoder.js';
import { MaskBuffer } from './mask-buffer.js';

/** Inputs of one run over `rows` neighbouring slots with `tokens` each. */
export interface RunInputs {
  firstSlot: number;
  rows: number;
  tokens: number;
  /** `[rows, tokens]` */
  ids: BigInt64Array;
  /** `[rows, tokens]` */
  positions: BigInt64Array;
  /** `[rows, maskWidth]`: ones for what a row holds after the run, zeros behind. */
  mask: BigInt64Array;
  maskWidth: number;
}

export class RunInputBuffers {
  private readonly ids: BigInt64Array;
  private readonly positions: BigInt64Array;
  private readonly ones: BigInt64Array;
  private readonly masks: MaskBuffer;

  constructor(slots: number, capacity: number) {
    this.ids = new BigInt64Array(Math.max(slots, capacity));
    this.positions = new BigInt64Array(Math.max(slots, capacity));
    this.ones = new BigInt64Array(capacity).fill(1n);
    this.masks = new MaskBuffer(slots, capacity);
  }

  /** One slot, many tokens. The mask's width says how many tokens the slot holds afterwards: no padding. */
  prefill(slot: number, tokens: Int32Array, pastLength: number): RunInputs {
    for (const [i, token] of tokens.entries()) this.put(i, token, pastLength + i);
    const maskWidth = pastLength + tokens.length;
    return { ...this.view(slot, 1, tokens.length), mask: this.ones.subarray(0, maskWidth), maskWidth };
  }

  /** Many slots, one token each, at each row's own length. */
  decode(firstSlot: number, rows: readonly DecodeRow[]): RunInputs {
    for (const [row, { token, length }] of rows.entries()) this.put(row, token, length);
    const { values, width } = this.masks.rows(
      firstSlot,
      rows.map((row) => row.length + 1),
    );
    return { ...this.view(firstSlot, rows.length, 1), mask: values, maskWidth: width };
  }

  private put(index: number, token: number, position: number): void {
    this.ids[index] = BigInt(token);
    this.positions[index] = BigInt(position);
  }

  private view(firstSlot: number, rows: number, tokens: number): Omit<RunInputs, 'mask' | 'maskWidth'> {
    const ids = this.ids.subarray(0, rows * tokens);
    return { firstSlot, rows, tokens, ids, positions: this.positions.subarray(0, rows * tokens) };
  }
}

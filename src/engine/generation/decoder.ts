/**
 * What generation needs of a model: rows of a cache that can be prefilled and decoded. An interface with two
 * implementations: ONNX Runtime (`onnx-decoder.ts`) and the scripted twin of the tests.
 *
 * A slot is one row of the cache. A row's length is whatever the next call says it is: a shorter length rewinds.
 */

export interface DecodeRow {
  /** The token to feed. An idle row feeds any token: its result is thrown away. */
  token: number;
  /** Tokens the row already holds; the new one is written at this position. */
  length: number;
}

/** Neighbouring slots decoded in one run. */
export interface DecodeWindow {
  firstSlot: number;
  rows: DecodeRow[];
}

export interface Decoder {
  readonly slots: number;
  /** Tokens a slot can hold. */
  readonly capacity: number;
  readonly vocabSize: number;

  /**
   * Runs `tokens` through one slot that already holds `pastLength` tokens.
   * At least two tokens whenever `pastLength` > 0 (a one-token chunk takes another kernel and changes bits).
   * @returns logits of the last position, `[vocab]`, valid until the next call
   */
  prefill(slot: number, tokens: Int32Array, pastLength: number): Promise<Float32Array>;

  /** @returns logits `[rows, vocab]`, one row after another, valid until the next call */
  decode(window: DecodeWindow): Promise<Float32Array>;

  dispose(): void;
}

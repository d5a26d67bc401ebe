/**
 * Where runs write their logits, and how a caller gets them: float32, whatever the model computes in.
 *
 * The buffers grow to the largest run and are written over by the next.
 */
import type { TensorMemory } from '../ort/tensor.js';

export type LogitsElementType = 'float32' | 'float16';

export class LogitsBuffer {
  private raw: Float32Array | Uint16Array;
  private converted = new Float32Array(0);

  constructor(
    readonly elementType: LogitsElementType,
    private readonly vocabSize: number,
  ) {
    this.raw = this.allocate(0);
  }

  /** Memory for `rows` times the vocabulary. */
  memory(rows: number): TensorMemory {
    const length = rows * this.vocabSize;
    if (this.raw.length < length) this.raw = this.allocate(length);
    return this.raw.subarray(0, length);
  }

  /** Rows `[first, first + count)` of the last run, one after another; valid until the next. */
  rows(first: number, count: number): Float32Array {
    const raw = this.raw.subarray(first * this.vocabSize, (first + count) * this.vocabSize);
    if (raw instanceof Float32Array) return raw;
    if (this.converted.length < raw.length) this.converted = new Float32Array(raw.length);
    for (let i = 0; i < raw.length; i += 1) this.converted[i] = HALF_VALUES[raw[i]];
    return this.converted.subarray(0, raw.length);
  }

  private allocate(length: number): Float32Array | Uint16Array {
    return this.elementType === 'float32' ? new Float32Array(length) : new Uint16Array(length);
  }
}

/** Every float16 there is, by its bits: IEEE 754 binary16, 1 sign, 5 exponent, 10 fraction bits. */
const HALF_VALUES = Float32Array.from({ length: 1 << 16 }, (_, bits) => halfValue(bits));

function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

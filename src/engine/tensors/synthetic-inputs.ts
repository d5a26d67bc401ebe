/**
 * Inputs made up from a signature, for the first run of a model and for a trial of its rows.
 *
 * They are harmless by choice: integers are small and never zero, texts short, free axes small. A model may still
 * refuse them; then there is no warm-up.
 */
import type { Dtype, NamedValue, TensorData, ValueSignature } from '../protocol.js';

/** A free axis other than the first. */
const FREE_SIZE = 8;
/** Larger inputs are not made up. */
const MOST_ELEMENTS = 1 << 22;

/**
 * @param rows size of a free first axis
 * @param seed another one gives other numbers
 * @returns null when the signature does not say enough
 */
export function syntheticInputs(signature: readonly ValueSignature[], rows: number, seed: number): NamedValue[] | null {
  const values: NamedValue[] = [];
  for (const { name, dtype, shape, optional } of signature) {
    if (optional) continue;
    if (dtype === null || shape === null) return null;
    const sizes = shape.map((size, axis) => (typeof size === 'number' ? size : axis === 0 ? rows : FREE_SIZE));
    const count = sizes.reduce((product, size) => product * size, 1);
    if (count > MOST_ELEMENTS) return null;
    values.push({ name, value: { kind: 'tensor', dtype, shape: sizes, data: fill(dtype, count, seed) } });
  }
  return values;
}

function fill(dtype: Dtype, count: number, seed: number): TensorData {
  /** Between 0 and 1, neither included. */
  const fraction = (i: number) => (((i + 1) * 37 + seed * 53) % 97) / 97 + 0.001;
  const small = (i: number) => 1 + ((i + seed) % 2);
  const from = { length: count };
  switch (dtype) {
    case 'float32':
      return Float32Array.from(from, (_, i) => fraction(i));
    case 'float64':
      return Float64Array.from(from, (_, i) => fraction(i));
    case 'float16':
      // Bits of 0.5 up to 1.
      return Uint16Array.from(from, (_, i) => 0x3800 + Math.floor(fraction(i) * 0x3ff));
    case 'string':
      return Array.from(from, (_, i) => (small(i) === 1 ? 'a' : 'b'));
    case 'bool':
      return Uint8Array.from(from, (_, i) => small(i) - 1);
    case 'uint8':
      return Uint8Array.from(from, (_, i) => small(i));
    case 'int8':
      return Int8Array.from(from, (_, i) => small(i));
    case 'uint16':
      return Uint16Array.from(from, (_, i) => small(i));
    case 'int16':
      return Int16Array.from(from, (_, i) => small(i));
    case 'uint32':
      return Uint32Array.from(from, (_, i) => small(i));
    case 'int32':
      return Int32Array.from(from, (_, i) => small(i));
    case 'uint64':
      return BigUint64Array.from(from, (_, i) => BigInt(small(i)));
    case 'int64':
      return BigInt64Array.from(from, (_, i) => BigInt(small(i)));
    default:
      throw new Error(`unknown dtype: ${JSON.stringify(dtype satisfies never)}`);
  }
}

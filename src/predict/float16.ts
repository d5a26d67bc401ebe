/**
 * IEEE 754 half precision, as its 16 bits, from and to a JavaScript number.
 *
 * Rounding is to nearest, ties to even, in one step from the double: going through float32 would round twice.
 */

/** Numbers from here on round to infinity: halfway between the largest half, 65504, and the next step. */
export const FLOAT16_OVERFLOW = 65_520;

const view = new DataView(new ArrayBuffer(8));

export function toFloat16Bits(value: number): number {
  view.setFloat64(0, value);
  const high = view.getUint32(0);
  const sign = (high >>> 16) & 0x8000;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (magnitude >= FLOAT16_OVERFLOW) return sign | 0x7c00;
  // Below 2^-14 halves are multiples of 2^-24; above, of 2^(exponent - 10).
  const exponent = Math.max(((high >>> 20) & 0x7ff) - 1023, -14);
  const steps = roundHalfEven(magnitude * 2 ** (10 - exponent));
  // A subnormal has no implicit bit and exponent field 0; rounding up to 2048 steps carries into the exponent by itself.
  return sign | (steps + (exponent + 14) * 1024);
}

export function fromFloat16Bits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Exact for what is passed: a scaling by a power of two, below 2^11. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest > 0.5 || (rest === 0.5 && floor % 2 === 1)) return floor + 1;
  return floor;
}

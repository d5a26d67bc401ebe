/**
 * The elements of each dtype: which JSON values are one, how they are stored, how they are written.
 *
 * It does not know shapes. Numbers are judged against the dtype's range, never wrapped or rounded to an integer; floats
 * round to the nearest that the dtype has, and what would become infinite by that is refused.
 */
import type { Dtype, TensorData, TensorValue } from '../inference/prediction-model.js';
import { FLOAT16_OVERFLOW, fromFloat16Bits, toFloat16Bits } from './float16.js';

/** How answers are written where JSON leaves a choice. */
export interface JsonStyle {
  /** NaN and infinities: `null`, or `"NaN"`, `"Infinity"`, `"-Infinity"`. */
  nan: 'null' | 'string';
  /** 64-bit integers: digits, or digits in quotes for readers that would round them. */
  integers: 'number' | 'string';
}

export interface Elements {
  /** As an error message says it after "expected". */
  expected: string;
  create(length: number): TensorData;
  /** Stores `values[from…to)` from `offset` on. @returns the index of the first value that is no element, or -1 */
  fill(data: TensorData, offset: number, values: readonly unknown[], from: number, to: number): number;
  /** The elements `[from…to)` as JSON text, with commas between. */
  text(data: TensorData, from: number, to: number, style: JsonStyle): string;
}

/** Halfway between the largest float32 and the step after it. */
const FLOAT32_OVERFLOW = 3.4028235677973366e38;
const WORDS: Record<string, number> = { NaN, Infinity, '-Infinity': -Infinity };
/** A string that spells a 64-bit integer. */
const DIGITS = /^-?\d{1,20}$/;

type FloatData = Float32Array | Float64Array | Uint16Array;
type SmallData = Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;

const same = (value: number) => value;

/** From so many elements on, the runtime's own writer is faster than a loop; it writes NaN as null, and -0 as 0. */
const MANY = 16;

function listText(list: ArrayLike<number | string>): string {
  return JSON.stringify(Array.from(list)).slice(1, -1);
}

function hasNegativeZero(data: FloatData, from: number, to: number): boolean {
  for (let index = from; index < to; index++) if (data[index] === 0 && 1 / data[index] < 0) return true;
  return false;
}

function floats(
  name: string,
  create: (length: number) => FloatData,
  overflow: number,
  store: (value: number) => number,
  load: (stored: number) => number,
): Elements {
  return {
    expected: `a number within ${name}, or "NaN", "Infinity" or "-Infinity"`,
    create,
    fill(data, offset, values, from, to) {
      const target = data as FloatData;
      for (let index = from; index < to; index++) {
        let value = values[index];
        if (typeof value !== 'number') {
          if (typeof value === 'bigint') value = Number(value);
          else if (typeof value === 'string' && Object.hasOwn(WORDS, value)) {
            target[offset + index - from] = store(WORDS[value]);
            continue;
          } else return index;
        }
        if (!(Math.abs(value as number) < overflow)) return index;
        target[offset + index - from] = store(value as number);
      }
      return -1;
    },
    text(data, from, to, style) {
      const source = data as FloatData;
      if (load === same && to - from >= MANY && style.nan === 'null' && !hasNegativeZero(source, from, to)) {
        return listText(source.subarray(from, to));
      }
      let text = '';
      for (let index = from; index < to; index++) {
        text += index > from ? `,${floatText(load(source[index]), style)}` : floatText(load(source[index]), style);
      }
      return text;
    },
  };
}

/** The shortest text that reads back as the same double. */
export function floatText(value: number, style: JsonStyle): string {
  if (Number.isFinite(value)) return value === 0 && 1 / value < 0 ? '-0.0' : String(value);
  return style.nan === 'null' ? 'null' : `"${value}"`;
}

function integers(min: number, max: number, create: (length: number) => SmallData): Elements {
  return {
    expected: `an integer from ${min} to ${max}`,
    create,
    fill(data, offset, values, from, to) {
      const target = data as SmallData;
      for (let index = from; index < to; index++) {
        const value = values[index];
        if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) return index;
        target[offset + index - from] = value;
      }
      return -1;
    },
    text: (data, from, to) => (data as SmallData).subarray(from, to).join(','),
  };
}

function wideIntegers(min: bigint, max: bigint, create: (length: number) => BigInt64Array | BigUint64Array): Elements {
  return {
    expected: `an integer from ${min} to ${max}, in digits or as a string of digits`,
    create,
    fill(data, offset, values, from, to) {
      const target = data as BigInt64Array | BigUint64Array;
      for (let index = from; index < to; index++) {
        const value = wideInteger(values[index]);
        if (value === null || value < min || value > max) return index;
        target[offset + index - from] = value;
      }
      return -1;
    },
    text(data, from, to, style) {
      const list = (data as BigInt64Array).subarray(from, to);
      if (style.integers === 'number') return list.join(',');
      return list.length === 0 ? '' : `"${list.join('","')}"`;
    },
  };
}

export function wideIntegerText(value: bigint, style: JsonStyle): string {
  return style.integers === 'string' ? `"${value}"` : String(value);
}

/** @returns null for what is no integer, and for a double that may have been rounded on its way here */
export function wideInteger(value: unknown): bigint | null {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : null;
  return typeof value === 'string' && DIGITS.test(value) ? BigInt(value) : null;
}

const booleans: Elements = {
  expected: 'true or false',
  create: (length) => new Uint8Array(length),
  fill(data, offset, values, from, to) {
    const target = data as Uint8Array;
    for (let index = from; index < to; index++) {
      const value = values[index];
      if (typeof value !== 'boolean') return index;
      target[offset + index - from] = value ? 1 : 0;
    }
    return -1;
  },
  text: (data, from, to) => Array.from((data as Uint8Array).subarray(from, to), (value) => value !== 0).join(','),
};

const strings: Elements = {
  expected: 'a string',
  create: (length) => Array.from<string>({ length }),
  fill(data, offset, values, from, to) {
    const target = data as string[];
    for (let index = from; index < to; index++) {
      const value = values[index];
      if (typeof value !== 'string') return index;
      target[offset + index - from] = value;
    }
    return -1;
  },
  text: (data, from, to) => listText((data as string[]).slice(from, to)),
};

export const ELEMENTS: Readonly<Record<Dtype, Elements>> = {
  float16: floats(
    'float16 (±65504)',
    (length) => new Uint16Array(length),
    FLOAT16_OVERFLOW,
    toFloat16Bits,
    fromFloat16Bits,
  ),
  float32: floats('float32', (length) => new Float32Array(length), FLOAT32_OVERFLOW, same, same),
  float64: floats('float64', (length) => new Float64Array(length), Infinity, same, same),
  int8: integers(-128, 127, (length) => new Int8Array(length)),
  int16: integers(-32_768, 32_767, (length) => new Int16Array(length)),
  int32: integers(-2_147_483_648, 2_147_483_647, (length) => new Int32Array(length)),
  int64: wideIntegers(-(2n ** 63n), 2n ** 63n - 1n, (length) => new BigInt64Array(length)),
  uint8: integers(0, 255, (length) => new Uint8Array(length)),
  uint16: integers(0, 65_535, (length) => new Uint16Array(length)),
  uint32: integers(0, 4_294_967_295, (length) => new Uint32Array(length)),
  uint64: wideIntegers(0n, 2n ** 64n - 1n, (length) => new BigUint64Array(length)),
  bool: booleans,
  string: strings,
};

/** How many elements a shape holds. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((count, length) => count * length, 1);
}

/** A tensor of one dtype whose elements are all still zero or undefined. */
export function emptyTensor(dtype: Dtype, shape: number[]): TensorValue {
  return { kind: 'tensor', dtype, shape, data: ELEMENTS[dtype].create(elementCount(shape)) };
}

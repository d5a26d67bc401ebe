/**
 * The goldens of one-shot models (format pred-goldens/1, ../shared/models/README.md) as values of the seam.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Dtype, GraphValue, NamedValue, TensorData, TensorValue } from '../../src/engine/protocol.js';

export const PREDICT_MODELS = '../shared/models/predict';

type GoldenNumber = number | string | boolean;

export interface GoldenTensor {
  kind?: 'tensor';
  dtype: Dtype;
  shape: number[];
  data?: GoldenNumber[];
  /** Little-endian, row-major. */
  data_b64?: string;
}

export type GoldenOutput =
  | (GoldenTensor & { kind: 'tensor' })
  | { kind: 'sequence<tensor>'; data: GoldenTensor[] }
  | { kind: 'sequence<map>'; data: Record<string, GoldenNumber>[] };

export interface GoldenCase {
  name: string;
  inputs?: Record<string, GoldenTensor | GoldenTensor[]>;
  /** Instead of inputs, for `batch-friendly`: `x[j][i] = float32(sin(i*(j+1)*0.01))`. */
  input_formula?: string;
  outputs?: Record<string, GoldenOutput>;
  expect_error?: string;
  /** Set where only a server's own checks can refuse what the runtime would run. */
  ort_runs_it?: boolean;
  image?: string;
}

export interface Goldens {
  rtol?: number;
  atol?: number;
  signature: { inputs: { name: string; type: string }[]; outputs: { name: string; type: string }[] };
  cases: GoldenCase[];
}

export const predictModels = existsSync(PREDICT_MODELS)
  ? readdirSync(PREDICT_MODELS).filter((name) => existsSync(`${PREDICT_MODELS}/${name}/goldens.json`))
  : [];

export function readGoldens(model: string): Goldens {
  return JSON.parse(readFileSync(`${PREDICT_MODELS}/${model}/goldens.json`, 'utf8')) as Goldens;
}

/** @returns null for a case whose inputs are images or prose */
export function goldenInputs(golden: GoldenCase): NamedValue[] | null {
  if (golden.input_formula !== undefined) return [{ name: 'x', value: sines(golden.input_formula) }];
  if (golden.inputs === undefined || golden.image !== undefined) return null;
  return Object.entries(golden.inputs).map(([name, value]) => ({ name, value: goldenValue(value) }));
}

export function goldenTensor({ dtype, shape, data, data_b64: base64 }: GoldenTensor): TensorValue {
  if (base64 !== undefined) {
    const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
    return { kind: 'tensor', dtype, shape, data: dtype === 'uint8' ? bytes : new Float32Array(bytes.buffer) };
  }
  return { kind: 'tensor', dtype, shape, data: tensorData(dtype, data!) };
}

/** Of what JSON holds: numbers, and words for what JSON has no numbers for. */
export function goldenNumber(value: GoldenNumber): number {
  return Number(value);
}

function goldenValue(value: GoldenTensor | GoldenTensor[]): GraphValue {
  return Array.isArray(value) ? { kind: 'sequence', items: value.map(goldenTensor) } : goldenTensor(value);
}

function sines(formula: string): TensorValue {
  const one = /x\[0\]\[i\] = float32\(sin\(i\*(\d+)\*0\.01\)\)/.exec(formula);
  const rows = one === null ? [1, 2, 3, 4, 5, 6, 7, 8] : [Number(one[1])];
  const data = Float32Array.from(
    rows.flatMap((row) => Array.from({ length: 2048 }, (_, i) => Math.sin(i * row * 0.01))),
  );
  return { kind: 'tensor', dtype: 'float32', shape: [rows.length, 2048], data };
}

function tensorData(dtype: Dtype, values: GoldenNumber[]): TensorData {
  const numbers = () => values.map(goldenNumber);
  const integers = () => values.map((value) => BigInt(value as number | string));
  switch (dtype) {
    case 'string':
      return values as string[];
    case 'int64':
      return BigInt64Array.from(integers());
    case 'uint64':
      return BigUint64Array.from(integers());
    case 'float16':
      return Uint16Array.from(numbers(), halfBits);
    case 'float64':
      return Float64Array.from(numbers());
    case 'int8':
      return Int8Array.from(numbers());
    case 'int16':
      return Int16Array.from(numbers());
    case 'int32':
      return Int32Array.from(numbers());
    case 'uint8':
    case 'bool':
      return Uint8Array.from(numbers());
    case 'uint16':
      return Uint16Array.from(numbers());
    case 'uint32':
      return Uint32Array.from(numbers());
    default:
      return Float32Array.from(numbers());
  }
}

/** The nearest float16 of a number of ordinary size (the goldens hold no others). */
function halfBits(value: number): number {
  if (value === 0) return 0;
  const exponent = Math.max(-14, Math.floor(Math.log2(Math.abs(value))));
  return (value < 0 ? 0x8000 : 0) + ((exponent + 14) << 10) + Math.round(Math.abs(value) * 2 ** (10 - exponent));
}

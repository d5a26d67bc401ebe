/** The type of an input as ONNX writes it, e.g. `seq(map(int64,tensor(float)))`, in parts. */
import type { Dtype } from '../inference/prediction-model.js';

export type OnnxType =
  | { kind: 'tensor'; dtype: Dtype | null }
  | { kind: 'sequence'; of: OnnxType }
  | { kind: 'map'; key: Dtype | null; value: OnnxType };

const DTYPES: Record<string, Dtype> = {
  float16: 'float16',
  float: 'float32',
  double: 'float64',
  int8: 'int8',
  int16: 'int16',
  int32: 'int32',
  int64: 'int64',
  uint8: 'uint8',
  uint16: 'uint16',
  uint32: 'uint32',
  uint64: 'uint64',
  bool: 'bool',
  string: 'string',
};

/** @returns null for a type that JSON has no form for here: sparse tensors, optionals */
export function parseOnnxType(text: string): OnnxType | null {
  const [, kind, inner] = /^(tensor|seq|map)\((.*)\)$/.exec(text) ?? [];
  if (kind === 'tensor') return { kind, dtype: DTYPES[inner] ?? null };
  if (kind === 'seq') {
    const of = parseOnnxType(inner);
    return of && { kind: 'sequence', of };
  }
  if (kind === 'map') {
    const comma = inner.indexOf(',');
    const value = parseOnnxType(inner.slice(comma + 1));
    return value && { kind, key: DTYPES[inner.slice(0, comma)] ?? null, value };
  }
  return null;
}

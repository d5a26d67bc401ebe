/**
 * What a session takes and gives as the rooms see it: every kind of type in ONNX's own words, sequences and maps
 * included. What a value turns out to be is another question: `read-value.ts` asks the value.
 */
import type { ValueSignature } from '../protocol.js';
import { elementTypeName } from './element-type.js';
import type { Environment } from './environment.js';
import type { Pointer } from './library.js';
import type { Session } from './session.js';
import { readShape, readValues, type Dimension } from './value-info.js';

export interface SessionSignature {
  /** Required inputs first, then those with a default. */
  inputs: ValueSignature[];
  outputs: ValueSignature[];
}

/** `ONNXType` of the C header. */
export const ONNX_TYPE = { tensor: 1, sequence: 2, map: 3, sparseTensor: 5, optional: 6 } as const;

/** Element types in type texts, by `ONNXTensorElementDataType`. */
const ELEMENT_TEXTS: Readonly<Record<number, string>> = {
  1: 'float',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  10: 'float16',
  11: 'double',
  12: 'uint32',
  13: 'uint64',
  14: 'complex64',
  15: 'complex128',
  16: 'bfloat16',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  21: 'uint4',
  22: 'int4',
  23: 'float4e2m1',
};

/** What exporters write where a size is merely unknown: two of them need not be equal. */
const UNNAMED = new Set(['', '?', '-1', 'None']);

type ValueType = Omit<ValueSignature, 'name' | 'optional'>;

export function readSignature(session: Session): SessionSignature {
  const { environment, pointer } = session;
  const read = (which: 'input' | 'output' | 'default', optional: boolean): ValueSignature[] =>
    readValues(environment, pointer, which, readType).map((value) => ({ ...value, optional }));
  return { inputs: [...read('input', false), ...read('default', true)], outputs: read('output', false) };
}

function readType(environment: Environment, typeInfo: Pointer): ValueType {
  const { api } = environment;
  const type = typeText(environment, typeInfo);
  const info = api.getOrNull('CastTypeInfoToTensorInfo', typeInfo);
  if (info === null || api.getNumber('GetOnnxTypeFromTypeInfo', typeInfo) !== ONNX_TYPE.tensor) {
    return { type, dtype: null, shape: null };
  }
  const element = elementTypeName(api.getNumber('GetTensorElementType', info));
  return {
    type,
    dtype: element === 'bfloat16' ? null : element,
    shape: api.hasShape(info) ? readShape(environment, info).map(nameAxis) : null,
  };
}

function nameAxis(size: Dimension): number | string | null {
  return typeof size === 'string' && UNNAMED.has(size) ? null : size;
}

/** `tensor(float)`, `seq(map(string,tensor(float)))`. Casts give borrowed views; contained types are ours to release. */
function typeText(environment: Environment, typeInfo: Pointer): string {
  const { api } = environment;
  const kind = api.getNumber('GetOnnxTypeFromTypeInfo', typeInfo);
  switch (kind) {
    case ONNX_TYPE.tensor:
    case ONNX_TYPE.sparseTensor: {
      const element = api.getNumber('GetTensorElementType', api.get('CastTypeInfoToTensorInfo', typeInfo));
      return `${kind === ONNX_TYPE.tensor ? 'tensor' : 'sparse_tensor'}(${elementText(element)})`;
    }
    case ONNX_TYPE.sequence: {
      const sequence = api.get('CastTypeInfoToSequenceTypeInfo', typeInfo);
      return `seq(${takeTypeText(environment, api.get('GetSequenceElementType', sequence))})`;
    }
    case ONNX_TYPE.map: {
      const map = api.get('CastTypeInfoToMapTypeInfo', typeInfo);
      const key = elementText(api.getNumber('GetMapKeyType', map));
      return `map(${key},${takeTypeText(environment, api.get('GetMapValueType', map))})`;
    }
    case ONNX_TYPE.optional: {
      const optional = api.get('CastTypeInfoToOptionalTypeInfo', typeInfo);
      return `optional(${takeTypeText(environment, api.get('GetOptionalContainedTypeInfo', optional))})`;
    }
    default:
      return 'unknown';
  }
}

function takeTypeText(environment: Environment, typeInfo: Pointer): string {
  try {
    return typeText(environment, typeInfo);
  } finally {
    environment.api.release('ReleaseTypeInfo', typeInfo);
  }
}

function elementText(code: number): string {
  return ELEMENT_TEXTS[code] ?? `element type ${code}`;
}

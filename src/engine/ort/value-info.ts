/**
 * What a session says about one of its inputs or outputs: name, element type, shape.
 */
import koffi from 'koffi';
import type { Environment } from './environment.js';
import { elementTypeName, type ElementType } from './element-type.js';
import type { Pointer } from './library.js';

/** A fixed size, or the name of a free one (empty when the model gives it none). */
export type Dimension = number | string;

export interface ValueInfo {
  name: string;
  /** Null for what is not a tensor (sequence, map) and for element types we have no use for. */
  elementType: ElementType | null;
  shape: Dimension[];
}

const CALLS = {
  input: { count: 'SessionGetInputCount', name: 'SessionGetInputName', type: 'SessionGetInputTypeInfo' },
  output: { count: 'SessionGetOutputCount', name: 'SessionGetOutputName', type: 'SessionGetOutputTypeInfo' },
  /** An input with a default: an initializer that the graph also lists among its inputs. */
  default: {
    count: 'SessionGetOverridableInitializerCount',
    name: 'SessionGetOverridableInitializerName',
    type: 'SessionGetOverridableInitializerTypeInfo',
  },
} as const;

/** @param readType reads an `OrtTypeInfo`, borrowed */
export function readValues<T>(
  environment: Environment,
  session: Pointer,
  which: keyof typeof CALLS,
  readType: (environment: Environment, typeInfo: Pointer) => T,
): (T & { name: string })[] {
  const { api, defaultAllocator } = environment;
  const { count, name, type } = CALLS[which];
  return Array.from({ length: api.getNumber(count, session) }, (_, index) => {
    const text = environment.takeString(api.get(name, session, index, defaultAllocator));
    const typeInfo = api.get(type, session, index);
    try {
      return { name: text, ...readType(environment, typeInfo) };
    } finally {
      api.release('ReleaseTypeInfo', typeInfo);
    }
  });
}

export function readInputs(environment: Environment, session: Pointer): ValueInfo[] {
  return readValues(environment, session, 'input', readType);
}

export function readOutputs(environment: Environment, session: Pointer): ValueInfo[] {
  return readValues(environment, session, 'output', readType);
}

/** Sizes of a tensor that exists. @param info an `OrtTensorTypeAndShapeInfo`, borrowed */
export function readDimensions(environment: Environment, info: Pointer): number[] {
  const rank = environment.api.getNumber('GetDimensionsCount', info);
  const sizes = new BigInt64Array(rank);
  if (rank > 0) environment.api.call('GetDimensions', info, sizes, rank);
  return Array.from(sizes, Number);
}

/** Declared sizes. @param info an `OrtTensorTypeAndShapeInfo`, borrowed */
export function readShape(environment: Environment, info: Pointer): Dimension[] {
  const sizes = readDimensions(environment, info);
  if (sizes.length === 0) return [];
  const names = new BigUint64Array(sizes.length);
  environment.api.call('GetSymbolicDimensions', info, names, names.length);
  return sizes.map((size, axis) => (size >= 0 ? size : koffi.decode.string(names[axis])));
}

/** `Float32 [batch, 3, 64]` for messages. */
export function describeValue(value: ValueInfo): string {
  const shape = value.shape.map((dimension) => (dimension === '' ? '?' : dimension)).join(', ');
  return `${value.elementType ?? 'not a tensor we know'} [${shape}]`;
}

/** The tensor info inside `typeInfo` is borrowed and must not be released. */
function readType(environment: Environment, typeInfo: Pointer): Omit<ValueInfo, 'name'> {
  const info = environment.api.getOrNull('CastTypeInfoToTensorInfo', typeInfo);
  if (info === null) return { elementType: null, shape: [] };
  const elementType = elementTypeName(environment.api.getNumber('GetTensorElementType', info));
  return { elementType, shape: readShape(environment, info) };
}

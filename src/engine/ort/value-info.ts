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

export function readInputs(environment: Environment, session: Pointer): ValueInfo[] {
  const count = environment.api.getNumber('SessionGetInputCount', session);
  return Array.from({ length: count }, (_, index) => ({
    name: readName(environment, 'SessionGetInputName', session, index),
    ...readType(environment, environment.api.get('SessionGetInputTypeInfo', session, index)),
  }));
}

export function readOutputs(environment: Environment, session: Pointer): ValueInfo[] {
  const count = environment.api.getNumber('SessionGetOutputCount', session);
  return Array.from({ length: count }, (_, index) => ({
    name: readName(environment, 'SessionGetOutputName', session, index),
    ...readType(environment, environment.api.get('SessionGetOutputTypeInfo', session, index)),
  }));
}

/** Sizes of a tensor that exists. @param info an `OrtTensorTypeAndShapeInfo`, borrowed */
export function readDimensions(environment: Environment, info: Pointer): number[] {
  const rank = environment.api.getNumber('GetDimensionsCount', info);
  const sizes = new BigInt64Array(rank);
  if (rank > 0) environment.api.call('GetDimensions', info, sizes, rank);
  return Array.from(sizes, Number);
}

/** `Float32 [batch, 3, 64]` for messages. */
export function describeValue(value: ValueInfo): string {
  const shape = value.shape.map((dimension) => (dimension === '' ? '?' : dimension)).join(', ');
  return `${value.elementType ?? 'not a tensor we know'} [${shape}]`;
}

function readName(
  environment: Environment,
  call: 'SessionGetInputName' | 'SessionGetOutputName',
  session: Pointer,
  index: number,
): string {
  return environment.takeString(environment.api.get(call, session, index, environment.defaultAllocator));
}

/** Releases `typeInfo`; the tensor info inside it is borrowed and must not be. */
function readType(environment: Environment, typeInfo: Pointer): Omit<ValueInfo, 'name'> {
  try {
    const info = environment.api.getOrNull('CastTypeInfoToTensorInfo', typeInfo);
    if (info === null) return { elementType: null, shape: [] };
    const elementType = elementTypeName(environment.api.getNumber('GetTensorElementType', info));
    return { elementType, shape: readShape(environment, info) };
  } finally {
    environment.api.release('ReleaseTypeInfo', typeInfo);
  }
}

function readShape(environment: Environment, info: Pointer): Dimension[] {
  const sizes = readDimensions(environment, info);
  if (sizes.length === 0) return [];
  const names = new BigUint64Array(sizes.length);
  environment.api.call('GetSymbolicDimensions', info, names, names.length);
  return sizes.map((size, axis) => (size >= 0 ? size : koffi.decode.string(names[axis])));
}

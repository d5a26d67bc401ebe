/**
 * A value of the runtime with one owner: an input made from a value of the seam, or an output that a run gave.
 *
 * Numbers are not copied on the way in: the runtime reads the caller's memory, which is kept beside the handle.
 */
import type { GraphValue, TensorValue } from '../protocol.js';
import { elementBytes, elementTypeCode } from './element-type.js';
import type { Environment } from './environment.js';
import { Handle } from './handle.js';
import type { Pointer } from './library.js';
import { ONNX_TYPE } from './signature.js';
import { createStringTensor } from './string-tensor.js';

export class NativeValue {
  private readonly handle: Handle;

  /** @param memory what the runtime reads without owning it */
  constructor(
    environment: Environment,
    pointer: Pointer,
    readonly memory: readonly ArrayBufferView[] = [],
  ) {
    this.handle = new Handle('value', pointer, (value) => environment.api.release('ReleaseValue', value));
  }

  get pointer(): Pointer {
    return this.handle.pointer;
  }

  dispose(): void {
    this.handle.dispose();
  }
}

/**
 * @throws {RangeError} when the data does not fill the shape, and for what the runtime cannot be given
 * @throws {OrtError}
 */
export function toNative(environment: Environment, value: GraphValue): NativeValue {
  switch (value.kind) {
    case 'tensor':
      return tensorToNative(environment, value);
    case 'sequence':
      return sequenceToNative(environment, value.items);
    case 'map':
      throw new RangeError('a map cannot be given as an input');
    default:
      throw new Error(`unknown value: ${JSON.stringify(value satisfies never)}`);
  }
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function tensorToNative(environment: Environment, { dtype, shape, data }: TensorValue): NativeValue {
  const count = elementCount(shape);
  if (data.length !== count) {
    throw new RangeError(`the shape [${shape.join(', ')}] has ${count} elements, the data ${data.length}`);
  }
  if (Array.isArray(data)) {
    if (dtype !== 'string') throw new RangeError(`a list of texts is no ${dtype} tensor`);
    return new NativeValue(environment, createStringTensor(environment, data, shape));
  }
  if (dtype === 'string' || data.BYTES_PER_ELEMENT !== elementBytes(dtype)) {
    throw new RangeError(`${data.BYTES_PER_ELEMENT} bytes an element make no ${dtype} tensor`);
  }
  const pointer = environment.api.get(
    'CreateTensorWithDataAsOrtValue',
    environment.cpuMemory,
    // The runtime wants an address, also for nothing.
    data.byteLength > 0 ? data : NOTHING,
    data.byteLength,
    BigInt64Array.from(shape, BigInt),
    shape.length,
    elementTypeCode(dtype),
  );
  return new NativeValue(environment, pointer, [data]);
}

const NOTHING = new BigInt64Array(1);

/** The sequence shares its elements' tensors, but nobody's memory: it keeps that of all of them. */
function sequenceToNative(environment: Environment, items: readonly GraphValue[]): NativeValue {
  if (items.length === 0) throw new RangeError('ONNX Runtime takes no empty sequence');
  const parts: NativeValue[] = [];
  try {
    for (const item of items) parts.push(toNative(environment, item));
    const pointers = BigUint64Array.from(parts, (part) => part.pointer);
    const pointer = environment.api.get('CreateValue', pointers, pointers.length, ONNX_TYPE.sequence);
    return new NativeValue(
      environment,
      pointer,
      parts.flatMap((part) => part.memory),
    );
  } finally {
    for (const part of parts) part.dispose();
  }
}

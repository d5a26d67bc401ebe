/**
 * What a run gave, copied into JavaScript. The value itself says what it is: declarations are sometimes wrong.
 */
import type { Dtype, GraphValue, TensorData, TensorValue } from '../protocol.js';
import { elementBytes, elementTypeName } from './element-type.js';
import type { Environment } from './environment.js';
import type { Pointer } from './library.js';
import { copyOut } from './native-memory.js';
import { elementCount } from './native-value.js';
import { ONNX_TYPE } from './signature.js';
import { readStringTensor, stringTensorBytes } from './string-tensor.js';
import { readDimensions } from './value-info.js';

/** The value, with what was read before it, is larger than allowed; nothing of it was copied. */
export class ValueTooLarge extends Error {
  constructor(
    readonly bytes: number,
    readonly limit: number,
  ) {
    super(`${bytes} bytes are more than ${limit}`);
    this.name = 'ValueTooLarge';
  }
}

/** Bytes that may still be copied out of one run. */
export class ByteBudget {
  private taken = 0;

  constructor(readonly limit: number) {}

  /** @throws {ValueTooLarge} */
  take(bytes: number): void {
    this.taken += bytes;
    if (this.taken > this.limit) throw new ValueTooLarge(this.taken, this.limit);
  }
}

/** What a text costs beyond its bytes, so that a million empty ones are not free. */
const TEXT_OVERHEAD_BYTES = 16;

const ARRAYS: Readonly<Record<Exclude<Dtype, 'string'>, new (length: number) => Exclude<TensorData, string[]>>> = {
  float16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

/**
 * @param value an `OrtValue`, borrowed
 * @throws {ValueTooLarge}
 * @throws {RangeError} for a type that is not served
 */
export function readValue(environment: Environment, value: Pointer, budget: ByteBudget): GraphValue {
  const { api } = environment;
  if (api.getNumber('HasValue', value) === 0) throw new RangeError('it is empty, and an empty optional is not served');
  const kind = api.getNumber('GetValueType', value);
  switch (kind) {
    case ONNX_TYPE.tensor:
      return readTensor(environment, value, budget);
    case ONNX_TYPE.sequence: {
      const count = api.getNumber('GetValueCount', value);
      const read = (item: Pointer) => readValue(environment, item, budget);
      return {
        kind: 'sequence',
        items: Array.from({ length: count }, (_, i) => withItem(environment, value, i, read)),
      };
    }
    case ONNX_TYPE.map:
      return readMap(environment, value, budget);
    default:
      throw new RangeError(`a value of ONNX type ${kind} is not served`);
  }
}

function readTensor(environment: Environment, value: Pointer, budget: ByteBudget): TensorValue {
  const { dtype, shape } = tensorType(environment, value);
  const count = elementCount(shape);
  if (dtype === 'string') {
    budget.take(stringTensorBytes(environment, value) + count * TEXT_OVERHEAD_BYTES);
    return { kind: 'tensor', dtype, shape, data: readStringTensor(environment, value, count) };
  }
  budget.take(count * elementBytes(dtype));
  const data = new ARRAYS[dtype](count);
  if (count > 0) copyOut(environment.api.get('GetTensorMutableData', value), data);
  return { kind: 'tensor', dtype, shape, data };
}

function tensorType(environment: Environment, value: Pointer): { dtype: Dtype; shape: number[] } {
  const { api } = environment;
  const info = api.get('GetTensorTypeAndShape', value);
  try {
    const code = api.getNumber('GetTensorElementType', info);
    const dtype = elementTypeName(code);
    if (dtype === null || dtype === 'bfloat16') {
      throw new RangeError(`the element type ${dtype ?? `number ${code}`} is not served`);
    }
    return { dtype, shape: readDimensions(environment, info) };
  } finally {
    api.release('ReleaseTensorTypeAndShapeInfo', info);
  }
}

/** A map is two tensors to the runtime: keys (0) and values (1), in the same order. */
function readMap(environment: Environment, value: Pointer, budget: ByteBudget): GraphValue {
  const read = (item: Pointer) => readTensor(environment, item, budget).data;
  const keys = withItem(environment, value, 0, read);
  const values = withItem(environment, value, 1, read);
  return {
    kind: 'map',
    keys: Array.from(keys as Iterable<string>) as string[] | bigint[],
    values: Array.from(values as Iterable<number>) as number[] | bigint[] | string[],
  };
}

function withItem<T>(environment: Environment, value: Pointer, index: number, read: (item: Pointer) => T): T {
  const { api, defaultAllocator } = environment;
  const item = api.get('GetValue', value, index, defaultAllocator);
  try {
    return read(item);
  } finally {
    api.release('ReleaseValue', item);
  }
}

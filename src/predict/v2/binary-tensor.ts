/**
 * Tensors ↔ the bytes of the protocol's binary extension: little-endian, row-major, without gaps; a string is its length
 * as 4 bytes and then its UTF-8.
 *
 * Numbers are taken as they lie in memory: every platform this runs on is little-endian.
 */
import { isUtf8 } from 'node:buffer';
import { AppError } from '../../common/errors/app-error.js';
import type { Dtype, TensorData, TensorValue } from '../../inference/prediction-model.js';
import { elementCount } from '../elements.js';
import type { Pace } from '../pace.js';
import { shapeText } from '../tensor-json.js';

type NumericDtype = Exclude<Dtype, 'string'>;
type NumericData = Exclude<TensorData, string[]>;

interface ArrayType {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, offset: number, length: number): NumericData;
}

const ARRAYS: Readonly<Record<NumericDtype, ArrayType>> = {
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

const LENGTH_BYTES = 4;
/** Strings between two looks at the clock. */
const STRIDE = 1024;

/** How many bytes an element takes; null where that depends on the element. */
export function elementBytes(dtype: Dtype): number | null {
  return dtype === 'string' ? null : ARRAYS[dtype].BYTES_PER_ELEMENT;
}

/**
 * @param param the request field, e.g. `inputs.x`
 * @throws AppError `invalid_value` when the bytes are not what the shape takes
 */
export async function tensorFromBytes(
  bytes: Uint8Array,
  dtype: Dtype,
  shape: number[],
  param: string,
  pace: Pace,
): Promise<TensorValue> {
  const count = elementCount(shape);
  if (dtype === 'string') {
    return { kind: 'tensor', dtype, shape, data: await stringsFromBytes(bytes, count, param, pace) };
  }
  const type = ARRAYS[dtype];
  const expected = count * type.BYTES_PER_ELEMENT;
  if (bytes.length !== expected) {
    throw fault(param, `expected ${expected} bytes for ${dtype} ${shapeText(shape)}; got ${bytes.length}`);
  }
  const aligned = bytes.byteOffset % type.BYTES_PER_ELEMENT === 0 ? bytes : Uint8Array.prototype.slice.call(bytes);
  const data = new type(aligned.buffer, aligned.byteOffset, count);
  if (dtype === 'bool') refuseOtherBooleans(data as Uint8Array, param);
  return { kind: 'tensor', dtype, shape, data };
}

/** The runtime's kernels rely on 0 and 1. */
function refuseOtherBooleans(data: Uint8Array, param: string): void {
  const bad = data.findIndex((byte) => byte > 1);
  if (bad >= 0) throw fault(param, `element ${bad}: expected 0 or 1; got ${data[bad]}`);
}

async function stringsFromBytes(bytes: Uint8Array, count: number, param: string, pace: Pace): Promise<string[]> {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: string[] = [];
  let at = 0;
  while (at < source.length) {
    const index = texts.length;
    if (index === count) throw fault(param, `expected ${count} elements; there are ${source.length - at} bytes more`);
    const start = at + LENGTH_BYTES;
    const end = start <= source.length ? start + source.readUInt32LE(at) : Infinity;
    if (end > source.length) throw fault(param, `element ${index} is cut off at byte ${source.length}`);
    const text = source.subarray(start, end);
    if (!isUtf8(text)) throw fault(param, `element ${index}: expected UTF-8`);
    texts.push(text.toString('utf8'));
    at = end;
    if (texts.length % STRIDE === 0 && pace.isDue) await pace.rest();
  }
  if (texts.length !== count) throw fault(param, `expected ${count} elements; got ${texts.length}`);
  return texts;
}

/** The bytes of numbers are the tensor's own memory, not a copy. */
export async function bytesFromTensor({ data }: TensorValue, pace: Pace): Promise<Uint8Array> {
  if (!Array.isArray(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const pieces: Buffer[] = [];
  for (const [index, text] of data.entries()) {
    const bytes = Buffer.from(text, 'utf8');
    const length = Buffer.allocUnsafe(LENGTH_BYTES);
    length.writeUInt32LE(bytes.length);
    pieces.push(length, bytes);
    if (index % STRIDE === STRIDE - 1 && pace.isDue) await pace.rest();
  }
  return Buffer.concat(pieces);
}

function fault(param: string, reason: string): AppError {
  return new AppError('invalid_value', `${param}: ${reason}.`, { param });
}

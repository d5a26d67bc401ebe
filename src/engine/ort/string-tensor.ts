/**
 * Texts into and out of the runtime's string tensors, as UTF-8 with its length: a text may hold a NUL.
 *
 * `FillStringTensor` takes C strings, which end at the first NUL; so each element is given its room and then its bytes.
 */
import type { Environment } from './environment.js';
import { elementTypeCode } from './element-type.js';
import type { Pointer } from './library.js';
import { copyIn } from './native-memory.js';

/** A tensor of its own memory; the caller releases it. @throws {OrtError} */
export function createStringTensor(
  environment: Environment,
  texts: readonly string[],
  shape: readonly number[],
): Pointer {
  const { api, defaultAllocator } = environment;
  const sizes = BigInt64Array.from(shape, BigInt);
  const type = elementTypeCode('string');
  const tensor = api.get('CreateTensorAsOrtValue', defaultAllocator, sizes, sizes.length, type);
  try {
    for (const [index, text] of texts.entries()) {
      if (text === '') continue;
      const bytes = Buffer.from(text, 'utf8');
      copyIn(bytes, api.get('GetResizedStringTensorElementBuffer', tensor, index, bytes.length));
    }
    return tensor;
  } catch (error) {
    api.release('ReleaseValue', tensor);
    throw error;
  }
}

/** UTF-8 bytes of all elements together. */
export function stringTensorBytes(environment: Environment, tensor: Pointer): number {
  return environment.api.getNumber('GetStringTensorDataLength', tensor);
}

/** @param count elements of the tensor's shape */
export function readStringTensor(environment: Environment, tensor: Pointer, count: number): string[] {
  if (count === 0) return [];
  const length = stringTensorBytes(environment, tensor);
  const bytes = Buffer.allocUnsafeSlow(Math.max(1, length));
  const starts = new BigUint64Array(count);
  environment.api.call('GetStringTensorContent', tensor, bytes, length, starts, count);
  return Array.from(starts, (start, index) => {
    const end = index + 1 < count ? Number(starts[index + 1]) : length;
    return bytes.toString('utf8', Number(start), end);
  });
}

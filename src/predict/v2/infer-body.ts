/** The body of an inference request as it came, and the pieces of its binary part. */
import { AppError } from '../../common/errors/app-error.js';
import type { InferInput } from './infer-request.js';

/** Says where the JSON ends and the binary part begins; absent: all is JSON. */
export const JSON_LENGTH_HEADER = 'inference-header-content-length';

export interface InferBody {
  bytes: Uint8Array;
  /** From the header above; null: all is JSON; 0: there is no JSON, all is one tensor. */
  jsonLength: number | null;
}

/** @throws AppError `invalid_value` */
export function readJsonLength(header: string | string[] | undefined): number | null {
  if (header === undefined) return null;
  const text = String(header);
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new AppError('invalid_value', `Inference-Header-Content-Length must be a number of bytes; got "${text}".`);
}

/**
 * The input's bytes; null: its data is in the JSON.
 * @param at where the inputs before it ended
 * @throws AppError `invalid_value`
 */
export function bytesFromInput(input: InferInput, binary: Uint8Array, at: number): Uint8Array | null {
  const size = input.parameters?.binary_data_size;
  if (size === undefined) return null;
  const param = `inputs.${input.name}`;
  if (input.data !== undefined) {
    throw new AppError('invalid_value', `${param}: data and binary_data_size were both sent.`, { param });
  }
  if (at + size <= binary.length) return binary.subarray(at, at + size);
  throw new AppError(
    'invalid_value',
    `${param}: binary_data_size is ${size}, but only ${binary.length - at} bytes are left behind the JSON.`,
    { param },
  );
}

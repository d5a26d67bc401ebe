/**
 * The runtime's answer to a call: NULL is success, anything else an `OrtStatus` that must be read and released.
 */
import type { Pointer } from './library.js';

/** A failure that ONNX Runtime reported, in its own words. */
export class OrtError extends Error {
  constructor(
    message: string,
    /** `OrtErrorCode` of the C header: 1 fail, 2 invalid argument, 3 no such file, 6 runtime exception … */
    readonly code: number,
  ) {
    super(message);
    this.name = 'OrtError';
  }
}

export interface StatusFunctions {
  GetErrorCode: (status: Pointer) => number;
  /** The text belongs to the status: koffi copies it before we release. */
  GetErrorMessage: (status: Pointer) => string;
  ReleaseStatus: (status: Pointer) => void;
}

/** @throws {OrtError} when `status` is one; it is released either way */
export function checkStatus(functions: StatusFunctions, status: Pointer | null): void {
  if (status === null) return;
  const error = new OrtError(functions.GetErrorMessage(status), functions.GetErrorCode(status));
  functions.ReleaseStatus(status);
  throw error;
}

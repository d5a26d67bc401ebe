/**
 * An error in the words of the protocol that its path belongs to: OpenAI's object; with upstream's `detail` beside it for
 * predictions; one text under the Open Inference Protocol, whose clients cannot print an object.
 */
import type { AppError } from './app-error.js';
import { errorBody, type ErrorBody } from './error-body.js';

/** The router takes any case. */
const PREDICT = /^\/v1\/predict(?=[/?]|$)/i;
const OPEN_INFERENCE = /^\/v2(?=[/?]|$)/i;

/** @param target the request target, as it stands in the request line or without its query */
export function errorBodyAt(
  target: string,
  error: AppError,
): ErrorBody | (ErrorBody & { detail: string }) | { error: string } {
  if (OPEN_INFERENCE.test(target)) return { error: error.message };
  if (PREDICT.test(target)) return { ...errorBody(error), detail: error.message };
  return errorBody(error);
}

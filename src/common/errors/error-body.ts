/**
 * An `AppError` as the OpenAI error object: always all four of message, type, param and code.
 */
import type { AppError } from './app-error.js';
import { ERROR_TABLE, type ErrorType } from './error-table.js';

export interface ErrorBody {
  error: { message: string; type: ErrorType; param: string | null; code: string };
}

export function errorBody(error: AppError): ErrorBody {
  return {
    error: { message: error.message, type: ERROR_TABLE[error.code].type, param: error.param, code: error.code },
  };
}

export function errorStatus(error: AppError): number {
  return ERROR_TABLE[error.code].status;
}

/** Response headers that belong to the error: its own, and `Retry-After` in both spellings clients read. */
export function errorHeaders(error: AppError): Record<string, string> {
  const headers: Record<string, string> = { 'cache-control': 'no-store', ...error.headers };
  if (error.retryAfterSeconds !== null) {
    headers['retry-after'] = String(error.retryAfterSeconds);
    headers['retry-after-ms'] = String(error.retryAfterSeconds * 1000);
  }
  return headers;
}

/**
 * The one error class of the service, and the list of codes it may carry.
 *
 * It does not know HTTP: `error-table.ts` maps a code to a status and a body. Class identity does not cross
 * the seam to the engine process, so an error also has a plain form (`SerializedError`).
 */

/** Every code a caller can meet, in the order of ../spec/features.md 3.4. */
export const ERROR_CODES = [
  'missing_credentials',
  'ambiguous_auth',
  'invalid_api_key',
  'invalid_token',
  'insufficient_permissions',
  'rbac_check_unavailable',
  'token_validation_unavailable',
  'key_store_unavailable',
  'auth_rate_limited',
  'invalid_json',
  'invalid_type',
  'invalid_value',
  'missing_required_parameter',
  'unsupported_value',
  'unsupported_parameter',
  'context_length_exceeded',
  'model_not_found',
  'unsupported_workload',
  'not_found',
  'method_not_allowed',
  'unsupported_media_type',
  'request_too_large',
  'headers_too_large',
  'bad_request',
  'client_closed_request',
  'queue_full',
  'deadline_exceeded',
  'model_loading',
  'model_failed',
  'shutting_down',
  'engine_restarted',
  'request_crashed_engine',
  'internal_error',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export interface ErrorDetails {
  /** Dotted path of the request field at fault, e.g. `messages.0.content`. */
  param?: string;
  /** Whole seconds after which a retry makes sense; becomes `Retry-After`. */
  retryAfterSeconds?: number;
  /** Further response headers, e.g. `WWW-Authenticate` or `Allow`. */
  headers?: Record<string, string>;
  cause?: unknown;
}

export class AppError extends Error {
  readonly param: string | null;
  readonly retryAfterSeconds: number | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly code: ErrorCode,
    message: string,
    details: ErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'AppError';
    this.param = details.param ?? null;
    this.retryAfterSeconds = details.retryAfterSeconds ?? null;
    this.headers = details.headers ?? {};
  }
}

/** What crosses a process border instead of an `AppError`. */
export interface SerializedError {
  code: ErrorCode;
  message: string;
  param: string | null;
}

/** Anything thrown, as plain data. What is not an `AppError` becomes `internal_error` with its message. */
export function serializeError(error: unknown): SerializedError {
  if (error instanceof AppError) return { code: error.code, message: error.message, param: error.param };
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'internal_error', message, param: null };
}

export function deserializeError(error: SerializedError): AppError {
  return new AppError(error.code, error.message, error.param === null ? {} : { param: error.param });
}

/**
 * Code → HTTP status and OpenAI error type. The only place where a code meets HTTP.
 *
 * It does not know who throws. A code without a row here does not compile.
 */
import type { ErrorCode } from './app-error.js';

export type ErrorType =
  | 'invalid_request_error'
  | 'permission_error'
  | 'rate_limit_error'
  | 'timeout_error'
  | 'server_error';

export interface ErrorRow {
  status: number;
  type: ErrorType;
}

export const ERROR_TABLE: Readonly<Record<ErrorCode, ErrorRow>> = {
  missing_credentials: { status: 401, type: 'invalid_request_error' },
  ambiguous_auth: { status: 400, type: 'invalid_request_error' },
  invalid_api_key: { status: 401, type: 'invalid_request_error' },
  invalid_token: { status: 401, type: 'invalid_request_error' },
  insufficient_permissions: { status: 403, type: 'permission_error' },
  rbac_check_unavailable: { status: 503, type: 'server_error' },
  token_validation_unavailable: { status: 503, type: 'server_error' },
  key_store_unavailable: { status: 503, type: 'server_error' },
  auth_rate_limited: { status: 429, type: 'rate_limit_error' },
  invalid_json: { status: 400, type: 'invalid_request_error' },
  invalid_type: { status: 400, type: 'invalid_request_error' },
  invalid_value: { status: 400, type: 'invalid_request_error' },
  missing_required_parameter: { status: 400, type: 'invalid_request_error' },
  unsupported_value: { status: 400, type: 'invalid_request_error' },
  unsupported_parameter: { status: 400, type: 'invalid_request_error' },
  context_length_exceeded: { status: 400, type: 'invalid_request_error' },
  model_not_found: { status: 404, type: 'invalid_request_error' },
  unsupported_workload: { status: 400, type: 'invalid_request_error' },
  not_found: { status: 404, type: 'invalid_request_error' },
  method_not_allowed: { status: 405, type: 'invalid_request_error' },
  unsupported_media_type: { status: 415, type: 'invalid_request_error' },
  request_too_large: { status: 413, type: 'invalid_request_error' },
  headers_too_large: { status: 431, type: 'invalid_request_error' },
  bad_request: { status: 400, type: 'invalid_request_error' },
  // Never sent: there is nobody to read it. The status is the one that proxies log for a caller who left.
  client_closed_request: { status: 499, type: 'invalid_request_error' },
  queue_full: { status: 429, type: 'rate_limit_error' },
  deadline_exceeded: { status: 408, type: 'timeout_error' },
  model_loading: { status: 503, type: 'server_error' },
  model_failed: { status: 503, type: 'server_error' },
  shutting_down: { status: 503, type: 'server_error' },
  engine_restarted: { status: 500, type: 'server_error' },
  request_crashed_engine: { status: 500, type: 'server_error' },
  internal_error: { status: 500, type: 'server_error' },
};

/**
 * The body parser's and the router's own errors in our words. They are told apart by the `type` and `status` that
 * the `http-errors` package puts on them.
 */
import { AppError } from './app-error.js';

interface HttpError extends Error {
  type?: string;
  status?: number;
  limit?: number;
  charset?: string;
  encoding?: string;
}

/** @returns null when the error is not one of theirs */
export function parserError(thrown: unknown): AppError | null {
  if (!(thrown instanceof Error)) return null;
  const error = thrown as HttpError;
  switch (error.type) {
    case 'entity.parse.failed':
      return new AppError('invalid_json', `The body is not valid JSON: ${error.message}.`);
    case 'entity.too.large':
      return new AppError('request_too_large', `The body is larger than the limit of ${error.limit} bytes.`);
    case 'charset.unsupported':
      return new AppError('unsupported_media_type', `The charset "${error.charset}" is not supported; send UTF-8.`);
    case 'encoding.unsupported':
      return new AppError(
        'unsupported_media_type',
        `The content encoding "${error.encoding}" is not supported; send gzip, deflate, br or none.`,
      );
    case 'request.size.invalid':
      return new AppError('bad_request', 'The body is not as long as its Content-Length says.');
    case 'request.aborted':
      return new AppError('bad_request', 'The request was cut off.');
    default:
  }
  if (error instanceof URIError) return new AppError('bad_request', 'The path has a malformed percent escape.');
  // Broken compressed bodies come as zlib errors with a status.
  if (error.status === 400) return new AppError('bad_request', `The request cannot be read: ${error.message}.`);
  return null;
}

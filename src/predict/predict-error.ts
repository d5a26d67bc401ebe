/**
 * An error as this room words it: OpenAI's object with upstream's `detail` beside it; and a full queue as upstream does.
 *
 * It does not know HTTP beyond what the error table says.
 */
import { AppError } from '../common/errors/app-error.js';
import { errorBody, type ErrorBody } from '../common/errors/error-body.js';

/** What upstream tells callers to wait. */
const RETRY_SECONDS = 5;

export type PredictErrorBody = ErrorBody & { detail: string };

export interface QueueFullBody {
  error: string;
  detail: string;
  queue_depth: number;
  retry_after: number;
}

export function predictErrorBody(error: AppError): PredictErrorBody {
  return { ...errorBody(error), detail: error.message };
}

/** @param depth how many requests may wait: a full queue holds as many */
export function queueFullBody(error: AppError, depth: number): QueueFullBody {
  const message = `Queue full: ${error.message}`;
  return { error: message, detail: message, queue_depth: depth, retry_after: error.retryAfterSeconds ?? RETRY_SECONDS };
}

/** All items of a request failed: the first one's error is the request's, and the others are told beside it. */
export class AllItemsFailed extends AppError {
  constructor(readonly errors: readonly AppError[]) {
    const [first] = errors;
    super(first.code, first.message, {
      ...(first.param === null ? {} : { param: first.param }),
      ...(first.retryAfterSeconds === null ? {} : { retryAfterSeconds: first.retryAfterSeconds }),
      headers: { ...first.headers },
    });
  }
}

/** Whether a model takes requests now: the same words for every kind of model. */
import { AppError } from '../common/errors/app-error.js';
import type { ModelState } from './generation.js';

/** @throws AppError `shutting_down`, `model_loading`, `model_failed`; a model whose engine restarts lets callers wait */
export function refuseUnlessServing(
  id: string,
  { state }: { state: ModelState },
  { draining }: { draining: boolean },
): void {
  if (draining) throw new AppError('shutting_down', 'The service is shutting down.', { retryAfterSeconds: 1 });
  if (state === 'loading') {
    throw new AppError('model_loading', `The model "${id}" is still loading.`, { retryAfterSeconds: 2 });
  }
  if (state === 'failed') {
    // The reason may hold paths: it is for the operator.
    throw new AppError('model_failed', `The model "${id}" cannot be served; /ready and the log say why.`, {
      retryAfterSeconds: 60,
    });
  }
}

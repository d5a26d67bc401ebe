/** What loading found out about a model, or why there is nothing to ask yet. */
import { AppError } from '../common/errors/app-error.js';
import type { PredictionModel, PredictLoadReport } from '../inference/prediction-model.js';

/** @throws AppError `model_loading`, `model_failed`: without a signature nothing can be checked */
export function servedReport({ report, state, manifest }: PredictionModel): PredictLoadReport {
  if (report !== null) return report;
  if (state === 'failed') {
    throw new AppError('model_failed', `The model "${manifest.id}" cannot be served.`, { retryAfterSeconds: 60 });
  }
  throw new AppError('model_loading', `The model "${manifest.id}" is still loading.`, { retryAfterSeconds: 2 });
}

/** The prediction protocol's capability table, read from the schema that checks requests. */
import type { TaskCapabilities } from '../common/capabilities/capabilities.service.js';
import { PredictItem, PredictParameters, PredictRequest } from './predict-request.js';

export const PREDICT_PATH = '/v1/predict';

export function predictCapabilities(): TaskCapabilities {
  const honoured = [
    ...Object.keys(PredictRequest.shape),
    ...Object.keys(PredictItem.shape).map((name) => `items.${name}`),
    ...Object.keys(PredictParameters.shape).map((name) => `parameters.${name}`),
  ];
  return { endpoints: [PREDICT_PATH], parameters: { honoured, accepted_without_effect: [], refused: [] } };
}

/** What `POST /v1/predict` answers: documentation and types. The service never parses with them. */
import { z } from 'zod';
import { ErrorResponse } from '../common/http/error-responses.decorator.js';

/** An error here says its message twice: in OpenAI's object, and in `detail`, as upstream's clients read it. */
export const PredictErrorResponse = ErrorResponse.extend({
  detail: z.string().optional().describe('The message once more; absent where the request did not come this far.'),
}).meta({ id: 'PredictErrorResponse' });

/** Upstream's own shape. */
export const QueueFullResponse = z
  .object({
    error: z.string(),
    detail: z.string(),
    queue_depth: z.int(),
    retry_after: z.int().describe('Seconds.'),
  })
  .meta({ id: 'QueueFullResponse' });

export const PredictResultItem = z
  .object({
    content_type: z.literal('application/json'),
    encoder: z.enum(['base64', 'json']),
    data: z
      .union([z.string(), z.record(z.string(), z.unknown())])
      .describe(
        'An object with a key `<output name>_<output index>` per output: nested arrays; lists for sequences; objects for maps. ' +
          'With top_k also `<output name>_<output index>_top_k`. In base64, or as it is where the item was sent as `json`.',
      ),
  })
  .meta({ id: 'PredictResultItem' });

export const PredictResponse = z
  .object({
    metadata: z.object({
      model_id: z.string(),
      batch_size: z.int().describe('Items of this request.'),
      inference_time_ms: z.number().describe('From the first run’s start to the last run’s end.'),
    }),
    items: z
      .array(z.union([PredictResultItem, PredictErrorResponse]))
      .describe(
        'One per item, in order; an item that failed has an error in its place. When all fail, the request does.',
      ),
  })
  .meta({ id: 'PredictResponse' });

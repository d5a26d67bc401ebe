/** What the protocol's routes answer beside metadata: documentation only. The service never parses with them. */
import { z } from 'zod';
import { errorResponsesAs } from '../../common/http/error-responses.decorator.js';
import { DATATYPE_NAMES } from './datatypes.js';

const V2Error = z.object({ error: z.string() }).meta({ id: 'V2Error' });

export const V2ErrorResponses = errorResponsesAs(() => V2Error);

export const Live = z.object({ live: z.boolean() }).meta({ id: 'Live' });

export const Ready = z.object({ ready: z.boolean() }).meta({ id: 'Ready' });

export const InferResponse = z
  .object({
    model_name: z.string(),
    model_version: z.string(),
    id: z.string().optional(),
    outputs: z.array(
      z.object({
        name: z.string(),
        datatype: z.enum(DATATYPE_NAMES),
        shape: z.array(z.int()),
        parameters: z.object({ binary_data_size: z.int() }).optional(),
        data: z.array(z.unknown()).optional().describe('Flat, row-major; absent where the data is binary.'),
      }),
    ),
  })
  .meta({ id: 'InferResponse' });

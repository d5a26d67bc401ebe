/**
 * The JSON part of an inference request (Open Inference Protocol v2, REST): type, check and documentation in one.
 *
 * A tensor's data is not looked at here: it may be millions of values, in the JSON or behind it.
 */
import { z } from 'zod';
import { DATATYPE_NAMES } from './datatypes.js';

const MAX_NAME = 1024;
const MAX_AXES = 64;

const name = z.string().min(1).max(MAX_NAME);
const byteCount = z.int().min(0);

export const InferInput = z
  .object({
    name,
    shape: z.array(z.int().min(0)).max(MAX_AXES),
    datatype: z.enum(DATATYPE_NAMES),
    parameters: z
      .looseObject({ binary_data_size: byteCount.optional().describe('Bytes of this tensor behind the JSON.') })
      .nullish(),
    data: z.unknown().optional().describe('Row-major, flat or nested; absent where the data is binary.'),
  })
  .meta({ id: 'InferInput' });

export type InferInput = z.output<typeof InferInput>;

export const InferOutputWanted = z
  .object({
    name,
    parameters: z
      .looseObject({
        binary_data: z.boolean().optional().describe('Overrides `binary_data_output`.'),
        classification: z.int().min(1).optional().describe('The best so many classes as `score:index:label`.'),
      })
      .nullish(),
  })
  .meta({ id: 'InferOutputWanted' });

export const InferRequest = z
  .object({
    id: z.string().max(1024).nullish().describe('Comes back with the answer.'),
    parameters: z
      .looseObject({
        binary_data_output: z.boolean().optional().describe('All outputs in binary.'),
        timeout: z.int().min(0).optional().describe('Microseconds the request may take.'),
      })
      .nullish(),
    inputs: z.array(InferInput).max(10_000),
    outputs: z.array(InferOutputWanted).max(10_000).nullish().describe('Default: all.'),
  })
  .meta({ id: 'InferRequest' });

export type InferRequest = z.output<typeof InferRequest>;

/** What of a sequence of requests would have to be remembered between them: nothing is. */
export const SEQUENCE_PARAMETERS = ['sequence_id', 'sequence_start', 'sequence_end'] as const;

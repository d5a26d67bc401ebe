/**
 * The body of `POST /v1/predict`: type, check and documentation in one.
 *
 * Items are checked one by one (`PredictItem`), after the envelope: one bad item fails alone.
 */
import { z } from 'zod';
import { ImageSettings } from './image/image-settings.js';

const MAX_NAMES = 10_000;
const MAX_NAME = 1024;

const Encoder = z.enum(['base64', 'json']);
const names = z.array(z.string().min(1).max(MAX_NAME)).min(1).max(MAX_NAMES);

export const PredictItem = z
  .object({
    content_type: z
      .string()
      .min(1)
      .max(128)
      .describe(
        '`application/json`, `text/csv`, `text/plain` or `image/jpeg`, `image/png`, `image/gif`, `image/webp`, `image/bmp`.',
      ),
    encoder: Encoder.nullish().describe(
      'How `data` is written. `base64`: the bytes of the content. `json`: the value itself, or the text as a string. ' +
        'Default: `base64` for a string, `json` for anything else. The answer is written in the same way.',
    ),
    data: z
      .unknown()
      .describe(
        'The content. As `application/json`: the array of a single input, with or without the leading batch axis; an object ' +
          'of named inputs, each a nested array or `{dtype, shape, data}`; or records, `[{"column": value}]`. As `text/csv`: a ' +
          'header and rows. As `text/plain`: the text of a string input.',
      ),
  })
  .meta({ id: 'PredictItem' });

export type PredictItem = z.output<typeof PredictItem>;

export const PredictParameters = z
  .strictObject({
    outputs: names.nullish().describe('Names of the outputs wanted. Default: all.'),
    top_k: z
      .int()
      .min(1)
      .max(1_000_000)
      .nullish()
      .describe('Adds the best classes, with labels, of each score output.'),
    softmax: z.boolean().nullish().describe('Turns logits into probabilities for top_k.'),
    nan: z
      .enum(['null', 'string'])
      .nullish()
      .describe('How NaN and infinities are written: `null` (default), or as the strings NaN, Infinity, -Infinity.'),
    integers: z
      .enum(['number', 'string'])
      .nullish()
      .describe('How 64-bit integers are written: all their digits as a number (default), or as a string.'),
    encoder: Encoder.nullish().describe('How answers are written. Default: as their items are.'),
    columns: names
      .nullish()
      .describe(
        'Columns of records and CSV in the order of a single [N, C] input’s features. Default: their own order.',
      ),
    preprocess: ImageSettings.nullish().describe('For images: what differs from the model’s own preprocessing.'),
  })
  .meta({ id: 'PredictParameters' });

export type PredictParameters = z.output<typeof PredictParameters>;

export const PredictRequest = z
  .object({
    model: z.string().min(1).max(256).nullish().describe('Id or name of a served model. Default: the first by name.'),
    items: z.array(PredictItem).min(1).describe('Answered in order; one that fails does so alone.'),
    parameters: PredictParameters.nullish(),
  })
  .meta({ id: 'PredictRequest' });

/** What is judged before the items are. */
export const PredictEnvelope = PredictRequest.extend({ items: z.array(z.unknown()).min(1) });

export type PredictEnvelope = z.output<typeof PredictEnvelope>;

const flag = z.enum(['true', 'false']).transform((word) => word === 'true');

/** The same in a URL, for bodies that have no place for it. */
export const PredictQuery = z.object({
  model: PredictRequest.shape.model,
  outputs: z
    .string()
    .transform((list) => list.split(','))
    .pipe(names)
    .optional(),
  top_k: z
    .string()
    .regex(/^\d{1,7}$/, 'a whole number')
    .transform(Number)
    .pipe(z.int().min(1).max(1_000_000))
    .optional(),
  softmax: flag.optional(),
  nan: z.enum(['null', 'string']).optional(),
  integers: z.enum(['number', 'string']).optional(),
  encoder: Encoder.optional(),
});

export type PredictQuery = z.output<typeof PredictQuery>;

/**
 * Fields that say how the next token is chosen and where the answer ends. Ranges are OpenAI's where it has the field.
 */
import { z } from 'zod';
import { boundedArray, boundedRecord } from './bounded-array.js';
import { honoured } from './field-support.js';

const MAX_STOP_LENGTH = 1024;
const MAX_STOP_TOKENS = 256;
const MAX_BIASES = 1024;
const INT64 = { minimum: -(2 ** 63), maximum: 2 ** 63 };

const tokenCount = z.int().min(1);

const stopString = z.string().min(1).max(MAX_STOP_LENGTH);

/** JSON numbers are doubles here: an integer beyond 2^53 arrives as its nearest neighbour, always the same one. */
const seed = z
  .number()
  .superRefine((value, context) => {
    if (!Number.isInteger(value)) {
      const params = { code: 'invalid_type' };
      context.addIssue({ code: 'custom', message: `expected an integer; got ${value}`, params });
    } else if (value < INT64.minimum || value > INT64.maximum) {
      context.addIssue({ code: 'custom', message: `expected an integer of 64 bits; got ${value}` });
    }
  })
  .meta({ type: 'integer', format: 'int64' });

const logitBias = boundedRecord(
  z.string().regex(/^\d{1,9}$/, 'is not a token id: expected digits'),
  z.number().min(-100).max(100),
  MAX_BIASES,
);

export const samplingFields = {
  max_completion_tokens: honoured(tokenCount, 'Most tokens of the answer. Default: what the context leaves.'),
  max_tokens: honoured(tokenCount, 'Older name of max_completion_tokens, which wins when both are given.'),
  min_tokens: honoured(z.int().min(0), 'No end-of-sequence token before this many tokens.'),
  temperature: honoured(
    z.number().min(0).max(2),
    'Randomness; 0 is greedy. Default: what the model’s own files say, greedy where they say not to sample (`do_sample` ' +
      'false) and no other sampling field is given. So an unset temperature answers as the model’s publisher meant, ' +
      'not with OpenAI’s 1.',
  ),
  top_p: honoured(z.number().min(0).max(1), 'Sample from the likeliest tokens that together hold this probability.'),
  top_k: honoured(z.int().min(-1), 'Sample from this many likeliest tokens; 0 and -1: all.'),
  min_p: honoured(z.number().min(0).max(1), 'Sample from tokens at least this likely, relative to the likeliest.'),
  presence_penalty: honoured(z.number().min(-2).max(2), 'Taken off the logit of every token the answer already holds.'),
  frequency_penalty: honoured(z.number().min(-2).max(2), 'The same, times how often the answer holds it.'),
  repetition_penalty: honoured(
    z.number().min(0.01).max(100),
    'Divides positive and multiplies negative logits of tokens already seen; 1 is off.',
  ),
  logit_bias: honoured(logitBias, 'Token id (as a string) → number added to its logit.'),
  seed: honoured(seed, 'Makes sampling repeatable, whatever else runs. Exact up to 2^53.'),
  stop: honoured(
    z.union([stopString, boundedArray(stopString, { max: 4 })]),
    'Up to 4 strings; the answer ends before the first of them.',
  ),
  stop_token_ids: honoured(boundedArray(z.int().min(0), { max: MAX_STOP_TOKENS }), 'Token ids that end the answer.'),
  include_stop_str_in_output: honoured(z.boolean(), 'Keep the stop string in the answer.'),
  ignore_eos: honoured(z.boolean(), 'Go on past the end-of-sequence token.'),
} as const;

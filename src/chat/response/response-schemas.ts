/** What `POST /v1/chat/completions` answers: types and documentation in one. The service never parses with them. */
import { z } from 'zod';

const FinishReason = z.enum(['stop', 'length']);

const StopReason = z
  .union([z.string(), z.int()])
  .nullable()
  .describe('The stop string or stop token id that ended the answer; null when none did.');

const Usage = z
  .object({
    prompt_tokens: z.int(),
    completion_tokens: z.int(),
    total_tokens: z.int(),
    prompt_tokens_details: z.object({ cached_tokens: z.int().describe('Prompt tokens that were not computed again.') }),
    completion_tokens_details: z.object({ reasoning_tokens: z.int() }),
  })
  .meta({ id: 'CompletionUsage' });

const Timings = z
  .object({
    queue_ms: z.number(),
    prefill_ms: z.number(),
    decode_ms: z.number(),
    tokens_per_second: z.number().nullable(),
  })
  .meta({ id: 'CompletionTimings' });

const head = {
  id: z.string(),
  created: z.int().describe('Seconds since the epoch.'),
  model: z.string().describe('Id of the model that answered.'),
  system_fingerprint: z.string().describe('Changes when the model’s files or the engine do.'),
};

export const ChatCompletion = z
  .object({
    ...head,
    object: z.literal('chat.completion'),
    choices: z.array(
      z.object({
        index: z.int(),
        message: z.object({ role: z.literal('assistant'), content: z.string(), refusal: z.string().nullable() }),
        logprobs: z.null(),
        finish_reason: FinishReason,
        stop_reason: StopReason,
      }),
    ),
    usage: Usage,
    timings: Timings,
    metadata: z.record(z.string(), z.string()).optional(),
  })
  .meta({ id: 'ChatCompletion' });

export type ChatCompletion = z.output<typeof ChatCompletion>;

/** One event of a stream; the last is `[DONE]`, and an event with an `error` key ends the answer. */
export const ChatCompletionChunk = z
  .object({
    ...head,
    object: z.literal('chat.completion.chunk'),
    choices: z.array(
      z.object({
        index: z.int(),
        delta: z.object({ role: z.literal('assistant').optional(), content: z.string().optional() }),
        logprobs: z.null(),
        finish_reason: FinishReason.nullable(),
        stop_reason: StopReason.optional(),
      }),
    ),
    timings: Timings.optional(),
    usage: Usage.nullable().optional(),
  })
  .meta({ id: 'ChatCompletionChunk' });

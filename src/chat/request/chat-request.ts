/**
 * The body of `POST /v1/chat/completions`: one schema that is its type, its check and its documentation.
 *
 * It does not know the model: what depends on a vocabulary or a context length is judged later.
 */
import { z } from 'zod';
import { boundedArray, boundedRecord } from './bounded-array.js';
import { honoured, noOp, refused, SUPPORT_KEY } from './field-support.js';
import { Message } from './message.js';
import { noOpFields } from './no-op-fields.js';
import { refusedFields } from './refused-fields.js';
import { conversationRules, requestRules } from './request-rules.js';
import { samplingFields } from './sampling-fields.js';

const MAX_MESSAGES = 2048;
const MAX_METADATA = { entries: 16, key: 64, value: 512 };
const MAX_CACHE_KEY = 512;

const cacheKey = z.string().min(1).max(MAX_CACHE_KEY);

const StreamOptions = z.object({
  include_usage: honoured(z.boolean(), 'One more chunk with the token counts before the end.'),
  include_obfuscation: noOp(z.boolean(), 'Padding against traffic analysis.'),
  continuous_usage_stats: refused(z.boolean(), [false], 'Token counts on every chunk.'),
});

const Metadata = boundedRecord(
  z.string().min(1).max(MAX_METADATA.key),
  z.string().max(MAX_METADATA.value),
  MAX_METADATA.entries,
);

export const ChatCompletionRequest = z
  .object({
    model: honoured(z.string().min(1).max(256), 'Id or name of a served model. Default: the first by name.'),
    messages: boundedArray(Message, { min: 1, max: MAX_MESSAGES }).meta({
      description: 'The conversation so far, oldest first.',
      [SUPPORT_KEY]: 'honoured',
    }),
    stream: honoured(z.boolean(), 'Send the answer in server-sent events as it is made.'),
    stream_options: honoured(StreamOptions, 'Only with stream.'),
    ...samplingFields,
    metadata: honoured(
      Metadata,
      'Labels, echoed in an answer that is not streamed. `top_k` and `random_seed` set those where the body does not.',
    ),
    cache_salt: honoured(cacheKey, 'Prompts share cached rows only under one salt. Callers never share any.'),
    prompt_cache_key: honoured(cacheKey, 'The same as cache_salt, under OpenAI’s name; both count.'),
    ...noOpFields,
    ...refusedFields,
  })
  .superRefine(requestRules, { when: () => true })
  .superRefine(conversationRules, { when: () => true })
  .meta({ id: 'ChatCompletionRequest' });

export type ChatCompletionRequest = z.output<typeof ChatCompletionRequest>;

/**
 * `genai_config.json`, the description that onnxruntime-genai's builder writes: the keys this service uses, with the
 * library's defaults. Unknown keys are left alone. Key list: onnxruntime-genai `src/config.cpp`.
 */
import { z } from 'zod';

export const GENAI_CONFIG = 'genai_config.json';

const tokenId = z.int('expected a token id (a whole number)');
const positive = z.int('expected a whole number above 0').positive('expected a whole number above 0');
const name = z.string('expected a name');

const search = z.looseObject({
  do_sample: z.boolean().default(false),
  temperature: z.number().nonnegative('expected a number of at least 0').default(1),
  top_k: z.int().nonnegative('expected a whole number of at least 0').default(50),
  top_p: z.number().min(0).max(1, 'expected a number between 0 and 1').default(0),
  repetition_penalty: z.number().positive('expected a number above 0').default(1),
});

const decoder = z.looseObject({
  filename: z.string('expected the file name of the decoder').min(1).optional(),
  inputs: z
    .looseObject({
      input_ids: name.default('input_ids'),
      attention_mask: name.default('attention_mask'),
      position_ids: name.default('position_ids'),
      past_key_names: name.default('past_key_values.%d.key'),
      past_value_names: name.default('past_key_values.%d.value'),
    })
    .prefault({}),
  outputs: z
    .looseObject({
      logits: name.default('logits'),
      present_key_names: name.default('present.%d.key'),
      present_value_names: name.default('present.%d.value'),
    })
    .prefault({}),
  pipeline: z.unknown().optional(),
});

/** Literal fragments with a `{Content}` placeholder; older packages have them here, newer in inference_model.json. */
export const promptFragments = z.looseObject({
  prompt: z.string().nullish(),
  system: z.string().nullish(),
  user: z.string().nullish(),
  assistant: z.string().nullish(),
});

export type PromptFragments = z.infer<typeof promptFragments>;

export const genaiConfig = z.looseObject({
  model: z.looseObject({
    type: z.string('expected the architecture, e.g. "llama"').min(1),
    context_length: positive,
    vocab_size: positive,
    eos_token_id: z.union([tokenId, z.array(tokenId)], 'expected a token id or a list of token ids').nullish(),
    pad_token_id: tokenId.nullish(),
    tokenizer_dir: z.string().default(''),
    decoder: decoder.optional(),
    encoder: z.unknown().optional(),
    embedding: z.unknown().optional(),
    vision: z.unknown().optional(),
    speech: z.unknown().optional(),
    joiner: z.unknown().optional(),
    prompt_templates: promptFragments.nullish(),
  }),
  search: search.prefault({}),
});

export type GenaiConfig = z.infer<typeof genaiConfig>;

/**
 * The library's rule: a list, a number, or the padding token where neither is given; −1 means unset.
 * @returns ids inside the vocabulary, without duplicates; may be empty
 */
export function eosTokenIds(model: GenaiConfig['model']): number[] {
  const given = [model.eos_token_id ?? []].flat();
  const ids = given.length > 0 ? given : [model.pad_token_id ?? -1];
  return [...new Set(ids)].filter((id) => id >= 0 && id < model.vocab_size);
}

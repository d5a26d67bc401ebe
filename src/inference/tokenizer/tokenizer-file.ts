/**
 * The parts of a tokenizer.json that this service reads itself; the rest is the library's business.
 */
import { z } from 'zod';
import type { DecoderSection } from './decoder-rules.js';

const component: z.ZodType<DecoderSection | null> = z.looseObject({ type: z.string() }).nullish().default(null);

/** Hundreds of thousands of entries: the library checks them. */
const vocab = z.custom<Record<string, number> | unknown[]>(
  (value) => typeof value === 'object' && value !== null,
  'expected an object or a list',
);

export const tokenizerFile = z.looseObject({
  added_tokens: z
    .array(z.looseObject({ id: z.int().nonnegative(), content: z.string(), special: z.boolean().default(false) }))
    .default([]),
  decoder: component,
  model: z.looseObject({ vocab }),
});

export type TokenizerFile = z.infer<typeof tokenizerFile>;

/** Entries of the model's own vocabulary, without added tokens. */
export function baseVocabSize(file: TokenizerFile): number {
  const vocab = file.model.vocab;
  return Array.isArray(vocab) ? vocab.length : Object.keys(vocab).length;
}

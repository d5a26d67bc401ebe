/**
 * The parts of a tokenizer.json that this service reads itself; the rest is the library's business.
 */
import { z } from 'zod';
import type { DecoderSection } from './decoder-rules.js';

/** A tokenizer.json that cannot be used; the message is for a person and reads on from "it" or the file's name. */
export class UnusableTokenizer extends Error {
  /** @param field dotted, or null */
  constructor(
    readonly field: string | null,
    message: string,
  ) {
    super(message);
    this.name = 'UnusableTokenizer';
  }
}

const component: z.ZodType<DecoderSection | null> = z.looseObject({ type: z.string() }).nullish().default(null);

/** Hundreds of thousands of entries: the library checks them. */
const vocab = z.custom<Record<string, number> | unknown[]>(
  (value) => typeof value === 'object' && value !== null,
  'expected an object or a list',
);

const schema = z.looseObject({
  added_tokens: z
    .array(z.looseObject({ id: z.int().nonnegative(), content: z.string(), special: z.boolean().default(false) }))
    .nullish()
    .transform((tokens) => tokens ?? []),
  decoder: component,
  model: z.looseObject({ vocab }),
});

export type TokenizerFile = z.output<typeof schema>;

/** @throws UnusableTokenizer */
export function parseTokenizerFile(text: string): TokenizerFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UnusableTokenizer(null, `is not valid JSON (${(error as Error).message})`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new UnusableTokenizer(issue.path.join('.') || null, `is no tokenizer (${issue.message})`);
}

/** Entries of the model's own vocabulary, without added tokens. */
export function baseVocabSize(file: TokenizerFile): number {
  const entries = file.model.vocab;
  return Array.isArray(entries) ? entries.length : Object.keys(entries).length;
}

/**
 * Text ↔ token ids of one model, as the rooms and the text stream see it. `library-tokenizer.ts` implements it.
 */
export interface Tokenizer {
  /** One more than the highest token id. */
  readonly vocabSize: number;
  /** Ids of `text`; the model's special tokens inside it are recognised. Nothing is added around it. */
  encode(text: string): Promise<Int32Array>;
  /** The bytes a token stands for in running text; empty for special tokens. */
  tokenBytes(id: number): Uint8Array;
  isSpecial(id: number): boolean;
  /** Literals that the tokenizer reads as one special token, longest first. */
  readonly specialTokens: readonly string[];
  /** Further literals that are read as one token though they count as text, longest first. */
  readonly addedTokens?: readonly string[];
  /** What text needs beyond the bytes of its tokens; absent where the bytes are all (byte-level tokenizers). */
  readonly textRules?: TextRules;
}

export interface TextRules {
  /** The bytes of a token that begins a text: a space that only marks a word's start is dropped there. */
  firstTokenBytes(id: number): Uint8Array;
  brokenBytes: BrokenBytes;
}

/**
 * How bytes that are no UTF-8 read: `part`, one U+FFFD for each longest part that could have begun a character
 * (Unicode 3.9, "maximal subpart", as every browser does); `each`, one for every byte.
 */
export type BrokenBytes = 'part' | 'each';

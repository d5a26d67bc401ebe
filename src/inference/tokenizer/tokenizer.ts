/** Text ↔ token ids of one model. (Shape only: the text helper fills this file.) */
export interface Tokenizer {
  readonly vocabSize: number;
  /** Ids of `text`; the model's special tokens inside it are recognised. Nothing is added around it. */
  encode(text: string): Promise<Int32Array>;
  /** The bytes a token stands for in running text; empty for special tokens. */
  tokenBytes(id: number): Uint8Array;
  isSpecial(id: number): boolean;
  /** Literals that the tokenizer reads as one special token, longest first. */
  readonly specialTokens: readonly string[];
}

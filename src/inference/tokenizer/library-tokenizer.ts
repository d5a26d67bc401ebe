/**
 * A `Tokenizer` on the official library. Encoding runs outside the event loop; bytes of tokens are looked up once each.
 */
import { Tokenizer as Library } from 'tokenizers';
import { decoderRules, UnsupportedDecoder, type DecoderRules } from './decoder-rules.js';
import { baseVocabSize, parseTokenizerFile, UnusableTokenizer, type TokenizerFile } from './tokenizer-file.js';
import type { TextRules, Tokenizer } from './tokenizer.js';

const NOTHING = new Uint8Array(0);

export class LibraryTokenizer implements Tokenizer {
  readonly vocabSize: number;
  /** Entries of the model's own vocabulary, without added tokens. */
  readonly baseVocabSize: number;
  readonly specialTokens: readonly string[];
  readonly addedTokens: readonly string[];
  readonly textRules: TextRules;
  private readonly library: Library;
  private readonly rules: DecoderRules;
  private readonly specialIds: ReadonlySet<number>;
  private readonly bytesById: (Uint8Array | undefined)[] = [];

  /**
   * @param text the whole tokenizer.json
   * @throws UnusableTokenizer
   */
  constructor(text: string) {
    const file = parseTokenizerFile(text);
    this.rules = rulesOf(file.decoder);
    this.library = libraryOf(text);
    // A file may bring the settings of its training along: 128 tokens, padded to 128.
    this.library.disableTruncation();
    this.library.disablePadding();
    this.specialTokens = literalsOf(file, true);
    this.addedTokens = literalsOf(file, false).filter((literal) => !this.specialTokens.includes(literal));
    this.specialIds = new Set(this.specialTokens.map((literal) => this.library.tokenToId(literal) ?? -1));
    this.baseVocabSize = baseVocabSize(file);
    this.vocabSize = file.added_tokens.reduce(
      (size, token) => Math.max(size, token.id + 1),
      this.library.getVocabSize(true),
    );
    this.textRules = {
      brokenBytes: this.rules.brokenBytes,
      firstTokenBytes: (id) => this.bytes(id, true),
    };
  }

  async encode(text: string): Promise<Int32Array> {
    if (text === '') return new Int32Array(0);
    const encoding = await this.library.encode(text, null, { addSpecialTokens: false });
    return Int32Array.from(encoding.getIds());
  }

  tokenBytes(id: number): Uint8Array {
    return (this.bytesById[id] ??= this.bytes(id, false));
  }

  isSpecial(id: number): boolean {
    return this.specialIds.has(id);
  }

  private bytes(id: number, first: boolean): Uint8Array {
    if (!Number.isInteger(id) || id < 0 || id >= this.vocabSize || this.specialIds.has(id)) return NOTHING;
    const token = this.library.idToToken(id);
    return token === null ? NOTHING : this.rules.bytes(token, first);
  }
}

/** Longest first. */
function literalsOf(file: TokenizerFile, special: boolean): string[] {
  const tokens = file.added_tokens.filter((token) => token.special === special && token.content !== '');
  return [...new Set(tokens.map((token) => token.content))].sort((a, b) => b.length - a.length);
}

function rulesOf(decoder: Parameters<typeof decoderRules>[0]): DecoderRules {
  try {
    return decoderRules(decoder);
  } catch (error) {
    if (error instanceof UnsupportedDecoder) throw new UnusableTokenizer('decoder', error.message);
    throw error;
  }
}

function libraryOf(text: string): Library {
  try {
    return Library.fromString(text);
  } catch (error) {
    throw new UnusableTokenizer(null, `cannot be read by the tokenizer library (${(error as Error).message})`);
  }
}

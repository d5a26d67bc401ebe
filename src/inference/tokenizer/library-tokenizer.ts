/**
 * A `Tokenizer` on the official library. Encoding runs outside the event loop; bytes of tokens are looked up once each.
 */
import { Tokenizer as Library } from 'tokenizers';
import { decoderRules, type DecoderRules } from './decoder-rules.js';
import type { TokenizerFile } from './tokenizer-file.js';
import type { TextRules, Tokenizer } from './tokenizer.js';

const NOTHING = new Uint8Array(0);

export class LibraryTokenizer implements Tokenizer {
  readonly vocabSize: number;
  readonly specialTokens: readonly string[];
  readonly textRules: TextRules;
  private readonly library: Library;
  private readonly rules: DecoderRules;
  private readonly specialIds: ReadonlySet<number>;
  private readonly bytesById: (Uint8Array | undefined)[] = [];

  /**
   * @param text the whole tokenizer.json
   * @param file the same, parsed
   * @throws UnsupportedDecoder, or the library's own error when it cannot read the text
   */
  constructor(text: string, file: TokenizerFile) {
    this.rules = decoderRules(file.decoder);
    this.library = Library.fromString(text);
    // A file may bring the settings of its training along: 128 tokens, padded to 128.
    this.library.disableTruncation();
    this.library.disablePadding();
    const added = file.added_tokens;
    this.vocabSize = Math.max(this.library.getVocabSize(true), ...added.map((token) => token.id + 1));
    const specials = new Set(added.filter((token) => token.special).map((token) => token.content));
    this.specialTokens = [...specials].filter((literal) => literal !== '').sort((a, b) => b.length - a.length);
    this.specialIds = new Set(this.specialTokens.map((literal) => this.library.tokenToId(literal) ?? -1));
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

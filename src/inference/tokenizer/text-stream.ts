/**
 * Token ids one at a time → text in whole characters: the streaming side of a tokenizer's `decode`.
 *
 * The pieces joined are what the library's `decode(ids, skipSpecialTokens)` gives for all ids at once, with one
 * difference on purpose: where byte tokens (`<0xNN>`) spell whole characters followed by broken bytes, the library
 * replaces the whole characters too; here they have been sent, and only the broken bytes are replaced.
 *
 * `clean_up_tokenization_spaces` is not applied: it rewrites the model's own text ("a ." → "a.", also inside code),
 * and it looks at characters that a stream has already sent.
 */
import type { Tokenizer } from './tokenizer.js';
import { Utf8Stream } from './utf8-stream.js';

export class TextStream {
  private readonly characters: Utf8Stream;
  private atStart = true;

  constructor(private readonly tokenizer: Pick<Tokenizer, 'tokenBytes' | 'textRules'>) {
    this.characters = new Utf8Stream(tokenizer.textRules?.brokenBytes);
  }

  /** @returns the characters that this token completes; special tokens and ids outside the vocabulary have no text */
  push(id: number): string {
    return this.characters.push(this.bytes(id));
  }

  /** @returns U+FFFD for a character whose last bytes never came, else nothing */
  end(): string {
    return this.characters.end();
  }

  private bytes(id: number): Uint8Array {
    const bytes = this.tokenizer.tokenBytes(id);
    if (!this.atStart || bytes.length === 0) return bytes;
    this.atStart = false;
    return this.tokenizer.textRules?.firstTokenBytes(id) ?? bytes;
  }
}

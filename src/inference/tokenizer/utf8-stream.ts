/**
 * Bytes in any portions → text in whole characters. Bytes of a character that is not complete yet are held back.
 *
 * The standard `TextDecoder` streams too, but knows only one way to replace broken bytes.
 */
import type { BrokenBytes } from './tokenizer.js';

const REPLACEMENT = '\uFFFD';

export class Utf8Stream {
  /** The beginning of a character, at most three bytes. */
  private held: Uint8Array = new Uint8Array(0);

  constructor(private readonly brokenBytes: BrokenBytes = 'part') {}

  push(bytes: Uint8Array): string {
    if (bytes.length === 0) return '';
    const all = this.held.length === 0 ? bytes : Buffer.concat([this.held, bytes]);
    let text = '';
    let wholeFrom = 0;
    let at = 0;
    while (at < all.length) {
      const { length, state } = sequenceAt(all, at);
      if (state === 'open') break;
      if (state === 'broken') {
        text += decode(all, wholeFrom, at) + this.replacement(length);
        wholeFrom = at + length;
      }
      at += length;
    }
    this.held = Uint8Array.from(all.subarray(at));
    return text + decode(all, wholeFrom, at);
  }

  /** What an incomplete character at the end reads as. */
  end(): string {
    const broken = this.held.length;
    this.held = new Uint8Array(0);
    return broken === 0 ? '' : this.replacement(broken);
  }

  private replacement(brokenLength: number): string {
    return this.brokenBytes === 'each' ? REPLACEMENT.repeat(brokenLength) : REPLACEMENT;
  }
}

/** `[from, to)` holds whole characters only. */
function decode(bytes: Uint8Array, from: number, to: number): string {
  if (from === to) return '';
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8');
}

interface Sequence {
  length: number;
  /** `open`: the bytes end before the character does. */
  state: 'whole' | 'broken' | 'open';
}

/** The well-formed sequences of Unicode 3.9, table 3-7: the lead byte bounds the second one, the rest is 80..BF. */
function sequenceAt(bytes: Uint8Array, at: number): Sequence {
  const lead = bytes[at];
  if (lead < 0x80) return { length: 1, state: 'whole' };
  const needed =
    lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
  if (needed === 0) return { length: 1, state: 'broken' };
  let low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  let high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  for (let length = 1; length < needed; length += 1) {
    const next = bytes[at + length];
    if (next === undefined) return { length, state: 'open' };
    if (next < low || next > high) return { length, state: 'broken' };
    low = 0x80;
    high = 0xbf;
  }
  return { length: needed, state: 'whole' };
}

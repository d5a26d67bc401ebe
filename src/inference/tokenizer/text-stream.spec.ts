import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { Tokenizer as Library } from 'tokenizers';
import { describe, expect, it } from 'vitest';
import {
  byteLevel,
  gemmaStyle,
  llamaStyle,
  SMALL_TOKENIZERS,
} from '../../../test/fixtures/tokenizers/small-tokenizers.js';
import { CHAT_MODEL, hasChatModel } from '../../../test/support/real-model.js';
import { LibraryTokenizer } from './library-tokenizer.js';
import { TextStream } from './text-stream.js';

function streamed(tokenizer: LibraryTokenizer, ids: Iterable<number>): string {
  const stream = new TextStream(tokenizer);
  const pieces = Array.from(ids, (id) => stream.push(id));
  expect(pieces.filter((piece) => /\p{Surrogate}/u.test(piece))).toEqual([]);
  return pieces.join('') + stream.end();
}

const TEXTS = [
  'the thing in the inn',
  ' leading, and  double spaces ',
  'emoji 😀😁 👩‍👩‍👧‍👦 end',
  '漢字かな交じり文',
  'combining é versus é, ṩ',
  'line\nbreaks\n\n\tand tabs\r\n',
  '\u0000\u001f\u007f control',
  'žluťoučký кůň 𝔘𝔫𝔦𝔠𝔬𝔡𝔢',
  '\uFEFFbyte order mark \uFEFF',
];

describe.each(Object.entries(SMALL_TOKENIZERS))('%s', (name, source) => {
  const text = source();
  const tokenizer = new LibraryTokenizer(text);
  const library = Library.fromString(text);
  library.disablePadding();
  library.disableTruncation();
  const byteTokens = name.includes('leading mark') || name.includes('byte fallback');

  it.each(TEXTS)('streams the ids of %j as the library decodes them', async (words) => {
    const ids = [...(await tokenizer.encode(words))];
    expect(streamed(tokenizer, ids)).toBe(await library.decode(ids, true));
  });

  it('streams any ids as the library decodes them', async () => {
    // Byte tokens come in whole characters here: see the next test for the others.
    const spelled = (character: string) =>
      [...Buffer.from(character)].map((byte) =>
        library.tokenToId(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`)!,
      );
    const plain = fc
      .integer({ min: -1, max: tokenizer.vocabSize + 3 })
      .filter((id) => !byteTokens || !/^<0x..>$/.test(library.idToToken(id >>> 0) ?? ''))
      .map((id) => [id >>> 0]);
    const token = byteTokens
      ? fc.oneof(plain, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).map(spelled))
      : plain;
    await fc.assert(
      fc.asyncProperty(fc.array(token, { maxLength: 40 }), async (tokens) => {
        const ids = tokens.flat();
        expect(streamed(tokenizer, ids)).toBe(await library.decode(ids, true));
      }),
      { numRuns: 300 },
    );
  });
});

describe.each([
  ['with a leading mark', llamaStyle],
  ['without', gemmaStyle],
])('byte tokens that spell no text, %s', (_, source) => {
  const text = source();
  const tokenizer = new LibraryTokenizer(text);
  const library = Library.fromString(text);
  const byteToken = (byte: number) => library.tokenToId(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`)!;

  /** One character after the other, the obvious way; a byte that begins none is U+FFFD. */
  function obvious(bytes: Uint8Array): string {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    for (let length = 1; length <= Math.min(4, bytes.length); length += 1) {
      try {
        return decoder.decode(bytes.subarray(0, length)) + obvious(bytes.subarray(length));
      } catch {
        // Not a character yet.
      }
    }
    return bytes.length === 0 ? '' : `\uFFFD${obvious(bytes.subarray(1))}`;
  }

  it('keeps whole characters and replaces each other byte', () => {
    const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0xe6, 0xbc, 0xa2, 0xf0, 0x9f, 0x98, 0x80));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), fc.array(byte, { maxLength: 12 }), (random, likely) => {
        for (const bytes of [random, Uint8Array.from(likely)]) {
          // A space at the very beginning is the word mark that gets dropped: begin with something else.
          const ids = [library.tokenToId('x')!, ...[...bytes].map(byteToken)];
          expect(streamed(tokenizer, ids)).toBe(`x${obvious(bytes)}`);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('differs from the library only where whole characters and broken bytes stand in one run', async () => {
    const ids = [...Buffer.from('漢')].concat(0xe6).map(byteToken);
    expect(await library.decode(ids, true)).toBe('\uFFFD'.repeat(4));
    expect(streamed(tokenizer, ids)).toBe('漢\uFFFD');
  });
});

describe('the stream', () => {
  const tokenizer = new LibraryTokenizer(byteLevel());
  const idsOf = (text: string) => tokenizer.encode(text);

  it('holds a character back until its last byte has come', async () => {
    const stream = new TextStream(tokenizer);
    const ids = await idsOf('漢');
    expect(ids.length).toBeGreaterThan(1);
    const pieces = [...ids].map((id) => stream.push(id));
    expect(pieces.slice(0, -1).join('')).toBe('');
    expect(pieces.at(-1)).toBe('漢');
    expect(stream.end()).toBe('');
  });

  it('writes one U+FFFD for a character that never ends', async () => {
    const stream = new TextStream(tokenizer);
    const ids = await idsOf('漢');
    expect(stream.push(ids[0])).toBe('');
    expect(stream.end()).toBe('\uFFFD');
  });

  it('gives special tokens and unknown ids no text', async () => {
    const ids = [...(await idsOf('a<|im_end|>b')), 99_999];
    expect(streamed(tokenizer, ids)).toBe('ab');
    expect(tokenizer.tokenBytes(99_999)).toHaveLength(0);
  });

  it('keeps tokens that were added but are not special', async () => {
    const ids = await idsOf('a<tool call>b');
    expect(ids).toHaveLength(3);
    expect(streamed(tokenizer, ids)).toBe('a<tool call>b');
  });

  it('does not tidy spaces before punctuation', async () => {
    expect(streamed(tokenizer, await idsOf("do n't , here ."))).toBe("do n't , here .");
  });
});

describe.skipIf(!hasChatModel)('the real tokenizer', () => {
  const text = hasChatModel ? readFileSync(`${CHAT_MODEL}/tokenizer.json`, 'utf8') : '';
  const tokenizer = hasChatModel ? new LibraryTokenizer(text) : null!;
  const library = hasChatModel ? Library.fromString(text) : null!;

  it('streams any ids as the library decodes them', async () => {
    const id = fc.integer({ min: 0, max: tokenizer.vocabSize + 10 });
    await fc.assert(
      fc.asyncProperty(fc.array(id, { maxLength: 60 }), async (ids) => {
        expect(streamed(tokenizer, ids)).toBe(await library.decode(ids, true));
      }),
      { numRuns: 300 },
    );
  });

  it('gives any text back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 80 }), async (words) => {
        fc.pre(!tokenizer.specialTokens.some((literal) => words.includes(literal)));
        expect(streamed(tokenizer, await tokenizer.encode(words))).toBe(words);
      }),
      { numRuns: 300 },
    );
  });
});

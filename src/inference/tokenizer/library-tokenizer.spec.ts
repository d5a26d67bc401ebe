import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  byteLevel,
  llamaStyle,
  SMALL_TOKENIZERS,
  wordPiece,
} from '../../../test/fixtures/tokenizers/small-tokenizers.js';
import { LibraryTokenizer } from './library-tokenizer.js';
import { loadTokenizer } from './load-tokenizer.js';

const LONG = 'the thing '.repeat(20);

describe.each(Object.entries(SMALL_TOKENIZERS))('%s', (_, source) => {
  it('adds, cuts and pads nothing, whatever the file says', async () => {
    const tokenizer = new LibraryTokenizer(source());
    const [short, long] = [await tokenizer.encode('the'), await tokenizer.encode(LONG)];
    expect([...short].filter((id) => tokenizer.isSpecial(id) && id !== 0)).toEqual([]);
    expect(long.length).toBeGreaterThan(8);
    expect(await tokenizer.encode('')).toEqual(new Int32Array(0));
  });
});

describe('special tokens', () => {
  const tokenizer = new LibraryTokenizer(byteLevel());

  it('are recognised in text, the longest first', async () => {
    expect(tokenizer.specialTokens).toEqual(['<|im_start|>', '<|im_end|>+', '<|im_end|>']);
    const ids = await tokenizer.encode('<|im_end|>+<|im_end|>');
    expect(ids).toHaveLength(2);
    expect([...ids].every((id) => tokenizer.isSpecial(id))).toBe(true);
    expect(tokenizer.tokenBytes(ids[0])).toHaveLength(0);
  });

  it('are not the tokens that were merely added', async () => {
    const [id] = await tokenizer.encode('<tool call>');
    expect(tokenizer.isSpecial(id)).toBe(false);
    expect(Buffer.from(tokenizer.tokenBytes(id)).toString()).toBe('<tool call>');
  });

  it('count in the vocabulary', async () => {
    const [id] = await tokenizer.encode('<|im_end|>+');
    expect(tokenizer.vocabSize).toBe(id + 1);
  });
});

describe('bytes of a token', () => {
  it('are those of running text; a first token drops its word mark', async () => {
    const tokenizer = new LibraryTokenizer(llamaStyle());
    const [the] = await tokenizer.encode('the');
    expect(Buffer.from(tokenizer.tokenBytes(the)).toString()).toBe(' the');
    expect(Buffer.from(tokenizer.textRules.firstTokenBytes(the)).toString()).toBe('the');
  });

  it('are single bytes where the vocabulary has no character', async () => {
    const tokenizer = new LibraryTokenizer(llamaStyle());
    const ids = await tokenizer.encode('😀');
    expect(Buffer.concat([...ids].map((id) => tokenizer.tokenBytes(id))).toString()).toBe(' 😀');
  });
});

describe('a tokenizer.json that cannot be used', () => {
  const withDecoder = (decoder: object) => JSON.stringify({ ...(JSON.parse(wordPiece()) as object), decoder });
  const cases: [string, string, string | null, RegExp][] = [
    ['no JSON', '{"a": ', null, /not valid JSON/],
    ['no model', '{}', 'model', /no tokenizer/],
    ['a list', '[]', null, /no tokenizer/],
    [
      'unknown parts',
      JSON.stringify({ model: { type: 'Oracle', vocab: {} } }),
      null,
      /cannot be read by the tokenizer/,
    ],
    ['CTC', withDecoder({ type: 'CTC', pad_token: 'x', word_delimiter_token: '|', cleanup: true }), 'decoder', /"CTC"/],
    [
      'a regular expression',
      withDecoder({ type: 'Replace', pattern: { Regex: 'a+' }, content: '' }),
      'decoder',
      /regular expression/,
    ],
    [
      'an end to strip',
      withDecoder({
        type: 'Sequence',
        decoders: [{ type: 'Fuse' }, { type: 'Strip', content: ' ', start: 0, stop: 1 }],
      }),
      'decoder',
      /"Strip"/,
    ],
  ];
  it.each(cases)('%s', (_, text, field, words) => {
    const attempt = () => new LibraryTokenizer(text);
    expect(attempt).toThrow(words);
    expect(attempt).toThrow(expect.objectContaining({ field }));
  });
});

describe('loadTokenizer', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tokenizer-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('reads a file once, and again when it has changed', async () => {
    const tokenizerFile = join(folder, 'tokenizer.json');
    writeFileSync(tokenizerFile, byteLevel());
    const first = await loadTokenizer({ tokenizerFile });
    expect(await loadTokenizer({ tokenizerFile })).toBe(first);
    writeFileSync(tokenizerFile, llamaStyle());
    expect(await loadTokenizer({ tokenizerFile })).not.toBe(first);
  });

  it('names a file that it cannot use', async () => {
    const tokenizerFile = join(folder, 'tokenizer.json');
    writeFileSync(tokenizerFile, '{');
    await expect(loadTokenizer({ tokenizerFile })).rejects.toMatchObject({
      code: 'model_failed',
      message: expect.stringContaining(`${tokenizerFile} is not valid JSON`),
    });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../common/errors/app-error.js';
import { readJson } from './json-reader.js';
import { Pace } from './pace.js';

const subject = { name: 'The body', param: null };
const read = (text: string | Uint8Array) =>
  readJson(typeof text === 'string' ? Buffer.from(text) : text, subject, new Pace());

async function refusal(text: string | Uint8Array): Promise<AppError> {
  try {
    const value = await read(text);
    throw new Error(`It was accepted: ${JSON.stringify(value)}`);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

function parsed(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return null;
  }
}

/** `bigint` as the double it would be rounded to: then both readers must agree. */
function rounded(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rounded(inner)]));
}

describe('readJson', () => {
  it('reads what JSON.parse reads', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 6 }), fc.constantFrom(undefined, 1, '\t'), async (text, indent) => {
        fc.pre(!text.includes('__proto__'));
        const value = JSON.parse(text) as unknown;
        expect(rounded(await read(JSON.stringify(value, null, indent)))).toEqual(value);
      }),
      { numRuns: 1000 },
    );
  });

  it('reads every number as JSON.parse does, to the bit', async () => {
    const doubles = fc.double({ noNaN: true, noDefaultInfinity: true });
    const digits = fc.tuple(
      fc.constantFrom('', '-'),
      fc.oneof(fc.nat().map(String), fc.bigInt({ min: 0n, max: 10n ** 40n }).map(String)),
      fc.oneof(fc.constant(''), fc.stringMatching(/^\.\d{1,25}$/)),
      fc.oneof(fc.constant(''), fc.stringMatching(/^[eE][+-]?\d{1,3}$/)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          doubles.map(String),
          digits.map((parts) => parts.join('')),
        ),
        async (text) => {
          const value = await read(text);
          expect(Number(value)).toBe(JSON.parse(text));
          if (typeof value === 'bigint') expect(String(value)).toBe(text);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('accepts and refuses what JSON.parse does, also when text is damaged', async () => {
    const damage = fc.tuple(
      fc.nat(),
      fc.constantFrom(
        '',
        ',',
        '[',
        ']',
        '{',
        '}',
        '"',
        ':',
        '0',
        '-',
        '.',
        'e',
        '\\',
        'u',
        ' ',
        '\n',
        'n',
        't',
        '\u0001',
      ),
      fc.nat({ max: 2 }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.json({ maxDepth: 4 }),
        fc.array(damage, { minLength: 1, maxLength: 3 }),
        async (json, cuts) => {
          let text = json;
          for (const [at, inserted, removed] of cuts) {
            const place = at % (text.length + 1);
            text = text.slice(0, place) + inserted + text.slice(place + removed);
          }
          fc.pre(!text.includes('__proto__') && !/\p{Cs}/u.test(text));
          const expected = parsed(text);
          const got = await read(text).then(
            (value) => ({ value: rounded(value) }),
            (error: unknown) => {
              expect(error).toMatchObject({ code: 'invalid_json' });
              return null;
            },
          );
          expect(got).toEqual(expected);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('keeps whole numbers of 64 bits', async () => {
    const text =
      '[18446744073709551615,-9223372036854775808,9007199254740993,9007199254740991,1e3,100000000000000000000000]';
    expect(await read(text)).toEqual([
      18446744073709551615n,
      -9223372036854775808n,
      9007199254740993n,
      9007199254740991,
      1000,
      1e23,
    ]);
  });

  it('takes a byte order mark, and text of any script', async () => {
    expect(await read('\uFEFF["déjà","你好","😀","\\ud83d\\ude00","a\\nb"]')).toEqual([
      'déjà',
      '你好',
      '😀',
      '😀',
      'a\nb',
    ]);
  });

  it('goes on where it stopped, also inside a long string', async () => {
    const long = 'é"\\ x'.repeat(700_000);
    const value = { a: [long, 1], b: Array.from({ length: 300_000 }, (_, i) => [i, i / 7]) };
    const text = Buffer.from(JSON.stringify(value));
    let turns = 0;
    const pace = { isDue: true, rest: () => Promise.resolve(void (turns += 1)) } as unknown as Pace;
    expect(await readJson(text, subject, pace)).toEqual(value);
    expect(turns).toBeGreaterThan(200);
  });

  it.each<[text: string, message: string]>([
    ['', 'it is empty'],
    ['  ', 'it is empty'],
    ['[1', 'it ends too early'],
    ['{"a"', 'it ends too early'],
    ['"abc', 'it ends inside a string'],
    ['[1,]', 'unexpected "]" at byte 3'],
    ['{"a":1,}', 'unexpected "}" at byte 7'],
    ['[01]', 'unexpected "1" at byte 2'],
    ['[1 2]', 'unexpected "2" at byte 3'],
    ['nul', 'unexpected "n" at byte 0'],
    ['NaN', 'unexpected "N" at byte 0'],
    ['-Infinity', 'unexpected "I" at byte 1'],
    ["'a'", 'unexpected "\'" at byte 0'],
    ['"a\u0007"', 'unexpected 0x7 at byte 2'],
    ['"\\x"', 'a string has a malformed escape after byte 0'],
    ['{}{}', 'unexpected "{" at byte 2'],
  ])('says where %j is wrong', async (text, message) => {
    expect((await refusal(text)).message).toBe(`The body is not valid JSON: ${message}.`);
  });

  it('refuses bytes that are no text', async () => {
    expect((await refusal(Uint8Array.of(0x22, 0xff, 0x22))).message).toContain('it is not UTF-8');
  });

  it('bounds depth without using the stack, and the number of containers', async () => {
    const deep = 5_000_000;
    expect((await refusal('['.repeat(deep))).message).toBe('The body: nested deeper than 64 levels.');
    expect((await refusal('{"a":'.repeat(100))).message).toBe('The body: nested deeper than 64 levels.');
    expect(await read(`${'['.repeat(64)}${']'.repeat(64)}`)).toHaveLength(1);
    expect((await refusal(`[${'[],'.repeat(2_000_000)}[]]`)).message).toContain('more than 2000000 arrays and objects');
  });

  it('refuses a prototype', async () => {
    expect(await refusal('{"a":{"__proto__":{}}}')).toMatchObject({ code: 'invalid_value' });
    expect(await refusal('{"\\u005f_proto__":1}')).toMatchObject({ code: 'invalid_value' });
  });
});

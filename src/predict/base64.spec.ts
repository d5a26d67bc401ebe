import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64 } from './base64.js';
import { Pace } from './pace.js';

const decode = (text: string) => decodeBase64(text, new Pace());

describe('decodeBase64', () => {
  it('gives any bytes back, in both alphabets, padded or not, in lines or not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const wanted = Buffer.from(bytes);
        const text = wanted.toString('base64');
        for (const form of [
          text,
          text.replace(/=+$/, ''),
          wanted.toString('base64url'),
          text.replace(/.{1,76}/g, '$&\r\n'),
        ]) {
          expect(await decode(form)).toEqual(wanted);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('refuses a text that another character has slipped into, wherever', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        fc.nat(),
        fc.constantFrom('*', '.', '=', ',', 'é', '你', '\0', '"', '%'),
        async (bytes, place, character) => {
          const text = Buffer.from(bytes).toString('base64').replace(/=+$/, '');
          const at = place % text.length;
          expect(await decode(text.slice(0, at) + character + text.slice(at + 1) + 'AAAA')).toBeNull();
        },
      ),
      { numRuns: 1000 },
    );
  });

  it.each(['A', 'AAAAA', 'AA=', 'AAA==', '=', '====', 'AA==AA==', 'data:image/png;base64,AAAA'])(
    'refuses %j',
    async (text) => {
      expect(await decode(text)).toBeNull();
    },
  );

  it('decodes what is longer than a turn in pieces', async () => {
    const bytes = Buffer.from(Array.from({ length: 2_500_001 }, (_, i) => (i * 7) & 255));
    const busy = { isDue: true, rest: () => Promise.resolve() } as unknown as Pace;
    expect((await decodeBase64(bytes.toString('base64'), busy))!.equals(bytes)).toBe(true);
  });
});

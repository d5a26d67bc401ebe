import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJsonObject, readToken } from './json-web-token.js';
import { Refusal } from './refusal.js';

const encode = (text: string) => Buffer.from(text).toString('base64url');
const HEADER = { alg: 'RS256', kid: 'k1' };
const token = (header: unknown, payload: string, signature = 'c2ln') =>
  `${encode(JSON.stringify(header))}.${encode(payload)}.${signature}`;

const outcome = (text: string) => {
  try {
    return readToken(text) && 'read';
  } catch (error) {
    return error instanceof Refusal ? error.code : error;
  }
};

describe('readToken', () => {
  it('gives the key id and the claims', () => {
    expect(readToken(token(HEADER, '{"a":1}'))).toEqual({ keyId: 'k1', claims: { a: 1 } });
  });

  it('takes every key id and object there is, and nothing else', () => {
    const keyId = fc.stringMatching(/^[\w.~+=-]{1,128}$/);
    fc.assert(
      fc.property(keyId, fc.dictionary(fc.string(), fc.jsonValue()), (kid, claims) => {
        expect(readToken(token({ ...HEADER, kid }, JSON.stringify(claims)))).toEqual({
          keyId: kid,
          claims: JSON.parse(JSON.stringify(claims)),
        });
      }),
    );
  });

  it.each([
    ['another algorithm', { ...HEADER, alg: 'HS256' }, 'algorithm is not RS256'],
    ['another case', { ...HEADER, alg: 'rs256' }, 'algorithm is not RS256'],
    ['no algorithm', { kid: 'k1' }, 'algorithm is not RS256'],
    ['no key id', { alg: 'RS256' }, 'no plain key id'],
    ['an empty key id', { ...HEADER, kid: '' }, 'no plain key id'],
    ['a long key id', { ...HEADER, kid: 'k'.repeat(129) }, 'no plain key id'],
    ['a path as key id', { ...HEADER, kid: '../k' }, 'no plain key id'],
    ['a number as key id', { ...HEADER, kid: 1 }, 'no plain key id'],
    ['a critical extension', { ...HEADER, crit: ['b64'], b64: false }, 'critical extension'],
    ['a header that is a list', [HEADER], 'header is not an object'],
  ])('refuses %s', (_, header, reason) => {
    expect(() => readToken(token(header, '{}'))).toThrow(expect.objectContaining({ code: 'invalid_token', reason }));
  });

  it.each(['', '[]', 'null', '1', '"a"', '{', '{"a":1}x'])('refuses the payload %j', (payload) => {
    expect(() => readToken(token(HEADER, payload))).toThrow(Refusal);
  });

  it('refuses bytes that are not UTF-8', () => {
    const payload = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]).toString('base64url');
    expect(() => readToken(`${encode(JSON.stringify(HEADER))}.${payload}.c2ln`)).toThrow(Refusal);
  });

  it.each(['c2ln=', 'c2l', 'c2lo=', 'c2ln\n', 'c2/n', 'c2+n', ' c2ln', 'c', ''])(
    'refuses the signature %j',
    (signature) => {
      expect(() => readToken(token(HEADER, '{}', signature))).toThrow(Refusal);
    },
  );

  it('refuses what is too long before it looks at it', () => {
    expect(() => readToken('a'.repeat(16_385))).toThrow(expect.objectContaining({ reason: 'too long' }));
  });

  it('meets any text with a result or a refusal', () => {
    const parts = fc.array(fc.oneof(fc.string(), fc.base64String(), fc.constant(encode('{"alg":"RS256","kid":"k"}'))));
    fc.assert(
      fc.property(parts, (segments) => {
        expect(['read', 'invalid_token']).toContain(outcome(segments.join('.')));
      }),
    );
  });
});

describe('parseJsonObject', () => {
  it('takes the last of duplicate members', () => {
    expect(parseJsonObject(encode('{"a":1,"a":2}'))).toEqual({ a: 2 });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { presentedCredential } from './credentials.js';
import { Refusal } from './refusal.js';

const found = (...rawHeaders: string[]): unknown => {
  try {
    return presentedCredential(rawHeaders);
  } catch (error) {
    return (error as Refusal).code;
  }
};

describe('presentedCredential', () => {
  it.each([
    ['Authorization', 'Bearer abc', 'bearer', 'abc'],
    ['authorization', 'bEaReR    abc', 'bearer', 'abc'],
    ['AUTHORIZATION', 'Bearer a b', 'bearer', 'a b'],
    ['AUTHORIZATION', 'Bearer a, Bearer b', 'bearer', 'a, Bearer b'],
    ['api-key', 'abc', 'key', 'abc'],
    ['X-Api-Key', ' abc\t', 'key', 'abc'],
    ['api-key', 'Bearer abc', 'key', 'Bearer abc'],
    ['api-key', 'a, b', 'key', 'a, b'],
  ])('%s: %s', (name, value, kind, credential) => {
    expect(found('Host', 'x', name, value)).toEqual({ kind, value: credential });
  });

  it.each([
    [['Host', 'x']],
    [['api-key', '']],
    [['api-key', '  ']],
    [['Authorization', 'Bearer']],
    [['Authorization', 'Bearer   ']],
    [['Authorization', 'Bearer\tabc']],
    [['Authorization', 'Bearerabc']],
    [['Authorization', 'Basic abc']],
    [['Authorization', 'abc']],
    [['api_key', 'abc']],
    [['proxy-authorization', 'Bearer abc']],
    [['cookie', 'api-key=abc']],
  ])('%j shows none', (headers) => {
    expect(found(...headers)).toBe('missing_credentials');
  });

  it.each([
    [['Authorization', 'Bearer a', 'api-key', 'a']],
    [['Authorization', 'Basic a', 'api-key', 'a']],
    [['api-key', 'a', 'x-api-key', 'a']],
    [['api-key', 'a', 'API-KEY', 'a']],
    [['Authorization', 'Bearer a', 'authorization', 'Bearer a']],
    [['Authorization', 'Digest a', 'authorization', 'Bearer a']],
  ])('%j shows more than one', (headers) => {
    expect(found(...headers)).toBe('ambiguous_auth');
  });

  it('passes over an empty line beside a full one', () => {
    expect(found('Authorization', '', 'api-key', 'a')).toEqual({ kind: 'key', value: 'a' });
    expect(found('Authorization', 'Bearer', 'api-key', '', 'x-api-key', 'a')).toEqual({ kind: 'key', value: 'a' });
  });

  it('gives back one credential unchanged, or refuses; whatever the lines hold', () => {
    const name = fc.constantFrom('authorization', 'Api-Key', 'X-API-KEY', 'cookie', 'host');
    const value = fc.oneof(fc.string(), fc.constantFrom('Bearer x', 'Basic x', '', 'bearer  x y'));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (lines) => {
        const result = found(...lines.flat());
        const refused = result === 'missing_credentials' || result === 'ambiguous_auth';
        const { value: credential = '' } = refused ? {} : (result as { value: string });
        const sent = credential !== '' && lines.some(([, text]) => text.trim().endsWith(credential));
        expect(refused || sent).toBe(true);
      }),
    );
  });
});

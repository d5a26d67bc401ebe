import { describe, expect, it } from 'vitest';
import { chooseMethod, type Modes } from './credential-route.js';
import type { Refusal } from './refusal.js';

const K = { apiKey: true, entra: false };
const E = { apiKey: false, entra: true };
const B = { apiKey: true, entra: true };
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const TOKEN = `${encode({ alg: 'RS256' })}.${encode({})}.c2ln`;
const STORED = 'my.own.key';

const choice = (modes: Modes, value: string, kind: 'key' | 'bearer' = 'bearer') => {
  try {
    return chooseMethod({ kind, value }, modes, (presented) => presented === STORED);
  } catch (error) {
    return (error as Refusal).code;
  }
};

describe('chooseMethod', () => {
  it.each([
    ['a token', TOKEN, 'api_key', 'entra', 'entra'],
    ['an encrypted token', 'a.b.c.d.e', 'api_key', 'entra', 'entra'],
    ['a primary key', 'fndry-pk-x', 'api_key', 'invalid_api_key', 'api_key'],
    ['a secondary key', 'fndry-sk-x', 'api_key', 'invalid_api_key', 'api_key'],
    ['a rotated key', 'ab'.repeat(32), 'api_key', 'invalid_api_key', 'api_key'],
    ['a key of another case', 'FNDRY-PK-X', 'api_key', 'invalid_api_key', 'api_key'],
    ['a stored key that looks like nothing', STORED, 'api_key', 'entra', 'api_key'],
    ['junk', 'junk', 'api_key', 'entra', 'api_key'],
    ['three segments without a header', 'a.b.c', 'api_key', 'entra', 'api_key'],
    ['a header without alg', `${encode({})}.b.c`, 'api_key', 'entra', 'api_key'],
    ['a header that is a list', `${encode(['alg'])}.b.c`, 'api_key', 'entra', 'api_key'],
    ['an empty signature', `${encode({ alg: 'none' })}.b.`, 'api_key', 'entra', 'api_key'],
    ['more than a token', `${TOKEN} x`, 'api_key', 'entra', 'api_key'],
  ])('%s as Bearer', (_, value, inK, inE, inB) => {
    expect([choice(K, value), choice(E, value), choice(B, value)]).toEqual([inK, inE, inB]);
  });

  it('takes what stands in a key header for a key, whatever it looks like', () => {
    for (const value of [TOKEN, 'junk', STORED]) {
      expect([choice(K, value, 'key'), choice(E, value, 'key'), choice(B, value, 'key')]).toEqual([
        'api_key',
        'invalid_api_key',
        'api_key',
      ]);
    }
  });

  it('takes a stored key for a key even where it has the form of a token', () => {
    expect(chooseMethod({ kind: 'bearer', value: TOKEN }, B, () => true)).toBe('api_key');
  });
});

import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readKeySet } from './key-set.js';

const TENANT = '11111111-2222-3333-4444-555555555555';
const ISSUER = `https://login.example/${TENANT}/v2.0`;
const rsa = (bits: number) => generateKeyPairSync('rsa', { modulusLength: bits }).publicKey;
const first = rsa(2048);
const entry = { ...first.export({ format: 'jwk' }), kid: 'first', use: 'sig' };
const ids = (...keys: unknown[]) => [...readKeySet({ keys }, ISSUER, TENANT).keys()];

describe('readKeySet', () => {
  it('gives RSA signing keys in PEM form by id', () => {
    const keys = readKeySet({ keys: [entry] }, ISSUER, TENANT);
    expect(keys.get('first')).toBe(first.export({ type: 'spki', format: 'pem' }));
  });

  it.each([
    ['no use', { ...entry, use: undefined }],
    ['the algorithm', { ...entry, alg: 'RS256' }],
    ['our issuer', { ...entry, issuer: ISSUER }],
    ['an issuer over the tenant', { ...entry, issuer: 'https://login.example/{tenantid}/v2.0' }],
  ])('takes a key with %s', (_, key) => {
    expect(ids(key)).toEqual(['first']);
  });

  it.each([
    ['for encryption', { ...entry, use: 'enc' }],
    ['for another algorithm', { ...entry, alg: 'PS256' }],
    ['of another issuer', { ...entry, issuer: 'https://login.example/other/v2.0' }],
    ['with an issuer that is no text', { ...entry, issuer: 7 }],
    [
      'of another type',
      { ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }), kid: 'x' },
    ],
    ['that is symmetric', { kty: 'oct', k: 'c2VjcmV0', kid: 'x' }],
    ['that is too small', { ...rsa(1024).export({ format: 'jwk' }), kid: 'x' }],
    ['without an id', { ...entry, kid: undefined }],
    ['with a number as id', { ...entry, kid: 7 }],
    ['without a modulus', { ...entry, n: undefined }],
    ['with a broken modulus', { ...entry, n: '' }],
    ['that is no object', 'key'],
    ['that is null', null],
  ])('leaves out a key %s, and refuses a set of nothing else', (_, key) => {
    expect(ids(key, { ...entry, kid: 'good' })).toEqual(['good']);
    expect(() => ids(key)).toThrow('no RSA signing key');
  });

  it('keeps the first of two keys with one id', () => {
    const other = { ...rsa(2048).export({ format: 'jwk' }), kid: 'first' };
    expect(readKeySet({ keys: [entry, other] }, ISSUER, TENANT).get('first')).toBe(
      first.export({ type: 'spki', format: 'pem' }),
    );
  });

  it.each([null, [], 'x', {}, { keys: 'x' }, { keys: {} }])('refuses %j', (document) => {
    expect(() => readKeySet(document, ISSUER, TENANT)).toThrow('not a key set');
  });
});

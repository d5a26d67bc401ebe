import { beforeEach, describe, expect, it } from 'vitest';
import { TokenVerifier } from './token-verifier.js';

const TENANT = '11111111-2222-3333-4444-555555555555';
const OBJECT = '99999999-8888-7777-6666-555555555555';
const ISSUER = 'https://issuer';
const policy = { tenantId: TENANT, audiences: ['client'], requiredScope: 'use', appRoles: [], clockSkewSeconds: 60 };
const claims = {
  aud: 'client',
  iss: ISSUER,
  tid: TENANT,
  oid: OBJECT,
  ver: '2.0',
  exp: 2000,
  nbf: 1000,
  iat: 1000,
  scp: 'use',
};
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = (changes = {}) => `${encode({ alg: 'RS256', kid: 'k' })}.${encode({ ...claims, ...changes })}.c2ln`;

let asked: string[];
let issuer: string | null;
let now: number;
let verifier: TokenVerifier;
beforeEach(() => {
  asked = [];
  issuer = ISSUER;
  now = 1500;
  const keys = {
    get issuer() {
      return issuer;
    },
    keyFor: (keyId: string) => {
      asked.push(keyId);
      return Promise.resolve({ issuer: ISSUER, pem: 'pem' });
    },
  };
  verifier = new TokenVerifier(keys, policy, () => now);
});

const invalid = expect.objectContaining({ code: 'invalid_token' });

describe('signingKey', () => {
  it('is the one that the token names', async () => {
    expect(await verifier.signingKey(token())).toBe('pem');
    expect(asked).toEqual(['k']);
  });

  it.each([
    ['form', 'a.b.c'],
    ['audience', token({ aud: 'x' })],
    ['time', token({ exp: 1 })],
    ['issuer', token({ iss: 'https://other' })],
  ])('is not even asked for when the %s is wrong', async (_, junk) => {
    await expect(verifier.signingKey(junk)).rejects.toEqual(invalid);
    expect(asked).toEqual([]);
  });

  it('is held back when the first fetch shows that the issuer is another', async () => {
    issuer = null;
    await expect(verifier.signingKey(token({ iss: 'https://other' }))).rejects.toEqual(invalid);
    expect(asked).toEqual(['k']);
  });
});

describe('principal', () => {
  it('is who the claims name', () => {
    expect(verifier.principal(claims)).toMatchObject({ method: 'entra', objectId: OBJECT });
  });

  it('relies on no earlier check of the claims', () => {
    expect(() => verifier.principal({ ...claims, aud: 'x' })).toThrow(invalid);
    now = 2060;
    expect(() => verifier.principal(claims)).toThrow(invalid);
    for (const payload of [null, 'text', [], 7]) expect(() => verifier.principal(payload)).toThrow(invalid);
  });

  it('holds back a delegated token without the scope', () => {
    expect(() => verifier.principal({ ...claims, scp: 'x' })).toThrow(
      expect.objectContaining({ code: 'insufficient_permissions' }),
    );
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LocalIssuer, TENANT, type Manner } from '../../test/support/local-issuer.js';
import { discoveryUrl, fetchIssuerMetadata, readDiscovery } from './issuer-metadata.js';

describe('discoveryUrl', () => {
  it.each([
    [
      'https://login.microsoftonline.com',
      `https://login.microsoftonline.com/${TENANT}/v2.0/.well-known/openid-configuration`,
    ],
    [
      'https://login.microsoftonline.us/',
      `https://login.microsoftonline.us/${TENANT}/v2.0/.well-known/openid-configuration`,
    ],
    ['https://host:8443/sign-in//', `https://host:8443/sign-in/${TENANT}/v2.0/.well-known/openid-configuration`],
  ])('of %s', (authority, url) => {
    expect(discoveryUrl(authority, TENANT).href).toBe(url);
  });
});

describe('readDiscovery', () => {
  const at = new URL('https://login.example/t/v2.0/.well-known/openid-configuration');
  const good = { issuer: 'https://login.example/t/v2.0', jwks_uri: 'https://login.example/t/keys' };

  it('gives issuer and key address', () => {
    expect(readDiscovery(good, at)).toEqual({ issuer: good.issuer, keysUrl: new URL(good.jwks_uri) });
  });

  it.each([
    'http://login.example/t/keys',
    'https://login.example.evil/t/keys',
    'https://login.example:444/t/keys',
    'https://evil.example/login.example',
    'https://login.example@evil.example/keys',
    'file:///etc/passwd',
  ])('refuses keys at %s', (jwks_uri) => {
    expect(() => readDiscovery({ ...good, jwks_uri }, at)).toThrow('puts the keys at');
  });

  it.each([
    null,
    [],
    'x',
    {},
    { ...good, issuer: 7 },
    { ...good, issuer: '' },
    { ...good, jwks_uri: 7 },
    { ...good, jwks_uri: 'keys' },
  ])('refuses %j', (document) => {
    expect(() => readDiscovery(document, at)).toThrow('the discovery document');
  });
});

describe('fetchIssuerMetadata', () => {
  let issuer: LocalIssuer;
  beforeAll(async () => {
    issuer = await LocalIssuer.start();
  });
  afterAll(() => issuer.stop());
  afterEach(() => {
    issuer.manner = 'well';
  });

  it('reads both documents', async () => {
    const metadata = await fetchIssuerMetadata(issuer.authority, TENANT);
    expect(metadata.issuer).toBe(issuer.issuer);
    expect([...metadata.keys.keys()]).toEqual(['first']);
  });

  it.each<[Manner, RegExp]>([
    ['error', /answered 500/],
    ['html', /did not answer with JSON/],
    ['empty', /no RSA signing key/],
    ['redirect', /answered 302/],
    ['foreign', /puts the keys at/],
    ['huge', /more than 262144 bytes/],
  ])('fails in words when the issuer answers %s', async (manner, words) => {
    issuer.manner = manner;
    await expect(fetchIssuerMetadata(issuer.authority, TENANT)).rejects.toThrow(words);
  });
});

/**
 * What the sign-in service publishes about itself: the name it signs with, and its keys (OpenID Connect Discovery).
 *
 * No address is ever taken from a token, and the published key address must lie on the configured host.
 */
import { fetchJson } from './bounded-json.js';
import { isObject } from './json-web-token.js';
import { readKeySet, type PublicKeys } from './key-set.js';

export interface IssuerMetadata {
  /** To be compared with `iss` to the letter. */
  issuer: string;
  keys: PublicKeys;
}

/** Both documents together. */
const TIMEOUT_MS = 3000;

/** @throws Error whose message is safe to log */
export async function fetchIssuerMetadata(authority: string, tenantId: string): Promise<IssuerMetadata> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const discovery = discoveryUrl(authority, tenantId);
  const { issuer, keysUrl } = readDiscovery(await fetchJson(discovery, signal), discovery);
  return { issuer, keys: readKeySet(await fetchJson(keysUrl, signal), issuer, tenantId) };
}

export function discoveryUrl(authority: string, tenantId: string): URL {
  return new URL(`${authority.replace(/\/+$/, '')}/${tenantId}/v2.0/.well-known/openid-configuration`);
}

/** @throws Error when a member is missing, or the keys lie at another scheme, host or port than the document */
export function readDiscovery(document: unknown, discovery: URL): { issuer: string; keysUrl: URL } {
  if (!isObject(document)) throw new Error('the discovery document is not an object');
  const { issuer, jwks_uri: keysAddress } = document;
  if (typeof issuer !== 'string' || issuer === '') throw new Error('the discovery document names no issuer');
  if (typeof keysAddress !== 'string' || !URL.canParse(keysAddress)) {
    throw new Error('the discovery document names no key address');
  }
  const keysUrl = new URL(keysAddress);
  if (keysUrl.origin !== discovery.origin) {
    throw new Error(`the discovery document puts the keys at ${keysUrl.origin}, not at ${discovery.origin}`);
  }
  return { issuer, keysUrl };
}

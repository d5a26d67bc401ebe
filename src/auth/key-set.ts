/**
 * A JSON Web Key Set (RFC 7517) → the RSA keys in it that may sign our tokens. Pure.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { isObject, type JsonObject } from './json-web-token.js';

const MIN_MODULUS_BITS = 2048;

/** Public keys in PEM form by key id. */
export type PublicKeys = ReadonlyMap<string, string>;

/**
 * Keys of another type, use, size or issuer are left out. Of two keys with one id the first counts.
 * @throws Error when no usable key is left: such a set must never replace a good one
 */
export function readKeySet(document: unknown, issuer: string, tenantId: string): PublicKeys {
  if (!isObject(document) || !Array.isArray(document['keys'])) throw new Error('the key set is not a key set');
  const keys = new Map<string, string>();
  for (const entry of document['keys'] as unknown[]) {
    if (!isObject(entry) || !isOurs(entry, issuer, tenantId)) continue;
    const keyId = entry['kid'];
    const key = importKey(entry);
    if (typeof keyId === 'string' && key !== null && !keys.has(keyId)) keys.set(keyId, key);
  }
  if (keys.size === 0) throw new Error('the key set holds no RSA signing key of at least 2048 bits');
  return keys;
}

/** `alg` is absent in Entra's sets. `issuer`, where present, may be a template over the tenant. */
function isOurs(entry: JsonObject, issuer: string, tenantId: string): boolean {
  if (entry['kty'] !== 'RSA') return false;
  if (entry['use'] !== undefined && entry['use'] !== 'sig') return false;
  if (entry['alg'] !== undefined && entry['alg'] !== 'RS256') return false;
  const bound = entry['issuer'];
  return bound === undefined || (typeof bound === 'string' && bound.replace('{tenantid}', tenantId) === issuer);
}

function importKey(entry: JsonObject): string | null {
  const key = publicKey(entry);
  const bits = key?.asymmetricKeyDetails?.modulusLength ?? 0;
  return key === null || bits < MIN_MODULUS_BITS ? null : key.export({ type: 'spki', format: 'pem' }).toString();
}

/** Only the public members are handed on, whatever else the entry holds. */
function publicKey({ n, e }: JsonObject): KeyObject | null {
  if (typeof n !== 'string' || typeof e !== 'string') return null;
  try {
    return createPublicKey({ format: 'jwk', key: { kty: 'RSA', n, e } });
  } catch {
    return null;
  }
}

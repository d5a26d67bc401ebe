/**
 * The form of a signed token (RFC 7515 compact form), read strictly and locally. It checks no signature and no claim.
 */
import { Refusal } from './refusal.js';

export type JsonObject = Record<string, unknown>;

export interface ReadToken {
  keyId: string;
  claims: JsonObject;
}

/** Longer ones do not fit Node's header limit beside other headers. */
const MAX_TOKEN_CHARS = 16_384;
const KEY_ID = /^[\w.~+=-]{1,128}$/;

/**
 * @throws Refusal `invalid_token`: not three canonical segments, another algorithm than RS256, no plain `kid`, any
 * `crit`, or a payload that is no object. Key sources inside the token (`jwk`, `jku`, `x5u`, `x5c`) are never looked at.
 */
export function readToken(token: string): ReadToken {
  if (token.length > MAX_TOKEN_CHARS) throw invalid('too long');
  const segments = token.split('.');
  if (segments.length !== 3) throw invalid('not three segments');
  if (decodeSegment(segments[2]) === null) throw invalid('signature is not base64url');
  const header = parseJsonObject(segments[0]);
  if (header === null) throw invalid('header is not an object');
  if (header['alg'] !== 'RS256') throw invalid('algorithm is not RS256');
  if ('crit' in header) throw invalid('critical extension');
  const keyId = header['kid'];
  if (typeof keyId !== 'string' || !KEY_ID.test(keyId)) throw invalid('no plain key id');
  const claims = parseJsonObject(segments[1]);
  if (claims === null) throw invalid('payload is not an object');
  return { keyId, claims };
}

/** A base64url segment as a JSON object; null for anything else. Of duplicate members the last counts, as everywhere. */
export function parseJsonObject(segment: string): JsonObject | null {
  const bytes = decodeSegment(segment);
  if (bytes === null) return null;
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Without padding, and only in the one canonical spelling of its bytes. */
function decodeSegment(segment: string): Buffer | null {
  if (segment === '') return null;
  const bytes = Buffer.from(segment, 'base64url');
  return bytes.toString('base64url') === segment ? bytes : null;
}

function invalid(reason: string): Refusal {
  return new Refusal('invalid_token', reason);
}

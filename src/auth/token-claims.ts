/**
 * What a token must say to be accepted: pure comparison of claims with a policy and a time. It checks no signature.
 *
 * Follows Microsoft's claim guidance for v2.0 access tokens; RFC 7519 4.1 for times and audience.
 */
import type { Principal } from '../common/http/principal.js';
import type { JsonObject } from './json-web-token.js';
import { Refusal } from './refusal.js';

export interface TokenPolicy {
  tenantId: string;
  audiences: readonly string[];
  /** A delegated token must hold it. */
  requiredScope: string;
  /** An app-only token must hold one of them. */
  appRoles: readonly string[];
  clockSkewSeconds: number;
}

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Members that only an id token holds. It has our client id as audience, but it is no key to an API. */
const ID_TOKEN_MARKS = ['nonce', 'at_hash', 'c_hash'];

/**
 * Everything that needs neither key nor network. @throws Refusal `invalid_token`
 * @param nowSeconds since the epoch
 */
export function checkClaims(claims: JsonObject, policy: TokenPolicy, nowSeconds: number): void {
  const { exp, nbf, iat } = claims;
  const skew = policy.clockSkewSeconds;
  if (!isTime(exp) || !isTime(nbf) || !isTime(iat)) throw invalid('exp, nbf or iat is missing or not a number');
  if (exp + skew <= nowSeconds) throw invalid('expired');
  if (nbf - skew > nowSeconds) throw invalid('not valid yet');
  if (iat - skew > nowSeconds) throw invalid('issued in the future');
  if (claims['ver'] !== '2.0') throw invalid('not a v2.0 token');
  if (claims['tid'] !== policy.tenantId) throw invalid('another tenant');
  if (!names(claims['aud'], policy.audiences)) throw invalid('another audience');
  if (typeof claims['oid'] !== 'string' || !GUID.test(claims['oid'])) throw invalid('no object id');
  if (typeof claims['iss'] !== 'string') throw invalid('no issuer');
  if ('scp' in claims && typeof claims['scp'] !== 'string') throw invalid('scp is not text');
}

/** Who calls, from claims that were checked and whose signature held. @throws Refusal `insufficient_permissions` */
export function principalOf(claims: JsonObject, policy: TokenPolicy): Principal {
  const kind = 'scp' in claims ? 'delegated' : 'app';
  if (kind === 'delegated') requireScope(claims['scp'] as string, policy);
  else requireAppRole(claims, policy);
  const objectId = (claims['oid'] as string).toLowerCase();
  return Object.freeze({
    method: 'entra',
    id: `entra:${policy.tenantId}:${objectId}`,
    tenantId: policy.tenantId,
    objectId,
    kind,
    tokenId: typeof claims['uti'] === 'string' ? claims['uti'] : null,
  });
}

function requireScope(scopes: string, policy: TokenPolicy): void {
  if (scopes.split(' ').includes(policy.requiredScope)) return;
  throw new Refusal('insufficient_permissions', 'delegated token without the scope');
}

/** Entra mints an app-only token for nearly any app of the tenant that asks, so without a role it proves too little. */
function requireAppRole(claims: JsonObject, policy: TokenPolicy): void {
  if (!isAppToken(claims)) throw invalid('neither a delegated nor an app-only access token');
  if (names(claims['roles'], policy.appRoles)) return;
  throw new Refusal('insufficient_permissions', 'app-only token without a role');
}

/** Any one of Entra's marks will do: `idtyp` is optional, and an app's subject is its own object. */
function isAppToken(claims: JsonObject): boolean {
  if (ID_TOKEN_MARKS.some((mark) => mark in claims)) return false;
  if ('idtyp' in claims) return claims['idtyp'] === 'app';
  return typeof claims['azp'] === 'string' || claims['sub'] === claims['oid'];
}

/** Whether a claim that may be one text or several names one of the accepted, to the letter. */
function names(claim: unknown, accepted: readonly string[]): boolean {
  const given: unknown[] = Array.isArray(claim) ? claim : [claim];
  return given.some((one) => typeof one === 'string' && accepted.includes(one));
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function invalid(reason: string): Refusal {
  return new Refusal('invalid_token', reason);
}

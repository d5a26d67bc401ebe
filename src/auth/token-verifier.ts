/**
 * The checks around a token's signature: before it, everything that is cheap and local, and the key to use; after it,
 * who the token speaks for. The signature itself is checked by the strategy that calls these two.
 */
import type { Principal } from '../common/http/principal.js';
import { isObject, readToken, type JsonObject } from './json-web-token.js';
import { Refusal } from './refusal.js';
import type { SigningKeyStore } from './signing-key-store.js';
import { checkClaims, principalOf, type TokenPolicy } from './token-claims.js';

export class TokenVerifier {
  constructor(
    private readonly keys: Pick<SigningKeyStore, 'issuer' | 'keyFor'>,
    private readonly policy: TokenPolicy,
    private readonly nowSeconds: () => number,
  ) {}

  /**
   * The public key (PEM) that must have signed the token. A token that local checks refuse never causes a fetch.
   * @throws Refusal `invalid_token`, `token_validation_unavailable`
   */
  async signingKey(token: string): Promise<string> {
    const { keyId, claims } = readToken(token);
    checkClaims(claims, this.policy, this.nowSeconds());
    if (this.keys.issuer !== null) checkIssuer(claims, this.keys.issuer);
    const { issuer, pem } = await this.keys.keyFor(keyId);
    checkIssuer(claims, issuer);
    return pem;
  }

  /** @param payload of a token whose signature holds. @throws Refusal `insufficient_permissions` */
  principal(payload: unknown): Principal {
    if (!isObject(payload)) throw new Refusal('invalid_token', 'payload is not an object');
    checkClaims(payload, this.policy, this.nowSeconds());
    return principalOf(payload, this.policy);
  }
}

function checkIssuer(claims: JsonObject, issuer: string): void {
  if (claims['iss'] !== issuer) throw new Refusal('invalid_token', 'another issuer');
}

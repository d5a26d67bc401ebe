/**
 * Who calls? From header lines to a principal or a refusal: find the one credential, choose the one verifier, ask it.
 *
 * It does not know HTTP beyond header lines, and not how a key or a token is checked.
 */
import type { Principal } from '../common/http/principal.js';
import { chooseMethod, type Method, type Modes } from './credential-route.js';
import { presentedCredential } from './credentials.js';

export interface Verifiers {
  /** @throws Refusal */
  verify(method: Method, credential: string): Promise<Principal>;
  /** Whether the value is an API key that is good right now. */
  isStoredKey(value: string): boolean;
}

export class Authenticator {
  constructor(
    private readonly modes: Modes,
    private readonly verifiers: Verifiers,
  ) {}

  /**
   * @param rawHeaders name, value, name, value, … as they came
   * @param chosen told the method as soon as it is known, so that a refusal can be counted under it
   * @throws Refusal
   */
  async authenticate(rawHeaders: readonly string[], chosen: (method: Method) => void): Promise<Principal> {
    const presented = presentedCredential(rawHeaders);
    const method = chooseMethod(presented, this.modes, (value) => this.verifiers.isStoredKey(value));
    chosen(method);
    // An authorisation of the principal for the action (Azure role assignments) belongs right after this line.
    return this.verifiers.verify(method, presented.value);
  }
}

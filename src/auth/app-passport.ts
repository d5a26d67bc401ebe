/**
 * Runs one Passport strategy, by name, on one credential.
 *
 * The strategies never see the request: only a stand-in that holds the credential we found, so that they cannot find
 * another one, read it leniently, or leave something on the request. Their verdict is a principal or a `Refusal`.
 */
import passport from 'passport';
import type { Strategy } from 'passport';
import type { Request, Response } from 'express';
import type { Principal } from '../common/http/principal.js';
import type { Method } from './credential-route.js';
import { Refusal } from './refusal.js';

/** The only header of the stand-in. */
export const CREDENTIAL_HEADER = 'credential';

/**
 * Where strategies would register themselves: nowhere. The package's own registry is one per process, so two services
 * in one process (as in tests) would judge by each other's keys.
 */
export const NO_REGISTRY = { use: (): void => undefined };

export class AppPassport {
  /** This service's own registry. */
  private readonly passport = new passport.Passport();

  constructor(strategies: Partial<Record<Method, Strategy | null>>) {
    for (const [name, strategy] of Object.entries(strategies)) {
      if (strategy) this.passport.use(name, strategy);
    }
  }

  /** @throws Refusal, or whatever the strategy met that is no verdict */
  verify(method: Method, credential: string): Promise<Principal> {
    return new Promise((resolve, reject) => {
      const standIn = { headers: { [CREDENTIAL_HEADER]: credential } } as unknown as Request;
      const decide = (error: unknown, user?: unknown, info?: unknown): void => {
        if (error) reject(error);
        else if (user) resolve(user as Principal);
        else reject(refusalOf(method, info));
      };
      this.passport.authenticate(method, { session: false }, decide)(standIn, {} as Response, reject);
    });
  }
}

/** passport-jwt reports a missing key and an outage as a failed login too: our own verdict is in its details. */
function refusalOf(method: Method, info: unknown): Refusal {
  if (info instanceof Refusal) return info;
  return method === 'entra'
    ? new Refusal('invalid_token', 'the signature does not hold')
    : new Refusal('invalid_api_key', 'the strategy took no key');
}

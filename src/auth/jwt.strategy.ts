/** The Passport strategy for access tokens: it checks the signature; what must hold before and after is the verifier's. */
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import type { Principal } from '../common/http/principal.js';
import { CREDENTIAL_HEADER, NO_REGISTRY } from './app-passport.js';
import type { TokenVerifier } from './token-verifier.js';

export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(private readonly verifier: TokenVerifier) {
    super({
      jwtFromRequest: ExtractJwt.fromHeader(CREDENTIAL_HEADER),
      algorithms: ['RS256'],
      // Times are the verifier's: one place, one clock.
      ignoreExpiration: true,
      jsonWebTokenOptions: { ignoreNotBefore: true },
      secretOrKeyProvider: async (_request: unknown, token: string, done: (error: unknown, key?: string) => void) => {
        try {
          done(null, await verifier.signingKey(token));
        } catch (error) {
          done(error);
        }
      },
    });
  }

  /** Called by the constructor above us; see `NO_REGISTRY`. */
  protected getPassportInstance(): typeof NO_REGISTRY {
    return NO_REGISTRY;
  }

  /** @throws Refusal */
  validate(claims: unknown): Principal {
    return this.verifier.principal(claims);
  }
}

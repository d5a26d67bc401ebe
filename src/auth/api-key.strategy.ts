/** The Passport strategy for API keys: hands the key it is given to the key store. */
import { PassportStrategy } from '@nestjs/passport';
import { HeaderAPIKeyStrategy } from 'passport-headerapikey';
import type { Principal } from '../common/http/principal.js';
import { CREDENTIAL_HEADER, NO_REGISTRY } from './app-passport.js';
import type { KeyStore } from './key-store.js';

export class ApiKeyStrategy extends PassportStrategy(HeaderAPIKeyStrategy) {
  constructor(private readonly keys: KeyStore) {
    super({ header: CREDENTIAL_HEADER, prefix: '' }, false);
  }

  /** Called by the constructor above us; see `NO_REGISTRY`. */
  protected getPassportInstance(): typeof NO_REGISTRY {
    return NO_REGISTRY;
  }

  /** @throws Refusal */
  validate(key: string): Principal {
    return this.keys.verify(key);
  }
}

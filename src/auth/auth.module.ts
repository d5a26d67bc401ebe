/**
 * The room put together: stores, strategies, gate, and the guard over every handler. A mode that is off has no objects.
 */
import {
  Inject,
  Logger,
  Module,
  Optional,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { CONFIG, docsEnabled, type Config } from '../common/config/config.js';
import { ReadinessChecks } from '../common/lifecycle/readiness-checks.service.js';
import { Metrics } from '../common/metrics/metrics.js';
import { ApiKeyStrategy } from './api-key.strategy.js';
import { AppPassport } from './app-passport.js';
import { AuditLog } from './audit-log.js';
import { AuthGate } from './auth-gate.js';
import { AuthGuard } from './auth.guard.js';
import { AuthMiddleware } from './auth.middleware.js';
import { Authenticator } from './authenticator.js';
import { systemClock, type Clock } from './clock.js';
import { FailureLimiter } from './failure-limiter.js';
import { fetchIssuerMetadata } from './issuer-metadata.js';
import { JwtStrategy } from './jwt.strategy.js';
import { fileKeySource, generatedKeySource } from './key-source.js';
import { KeyStore } from './key-store.js';
import { PublicPaths } from './public-paths.js';
import { SigningKeyStore } from './signing-key-store.js';
import type { TokenPolicy } from './token-claims.js';
import { TokenVerifier } from './token-verifier.js';

/** Injection token of the room's clock. */
export const AUTH_CLOCK = Symbol('AUTH_CLOCK');

const log = new Logger('Auth');
const HOUR_MS = 3_600_000;

const keyStore: Provider = {
  provide: KeyStore,
  inject: [CONFIG, AUTH_CLOCK],
  useFactory: ({ AUTH_API_KEY_ENABLED: on, API_KEYS_DIR: folder }: Config, clock: Clock) =>
    on ? new KeyStore(folder === null ? generatedKeySource() : fileKeySource(folder), clock, log) : null,
};

const apiKeyStrategy: Provider = {
  provide: ApiKeyStrategy,
  inject: [KeyStore],
  useFactory: (keys: KeyStore | null) => (keys === null ? null : new ApiKeyStrategy(keys)),
};

const signingKeyStore: Provider = {
  provide: SigningKeyStore,
  inject: [CONFIG, AUTH_CLOCK],
  useFactory: ({ AUTH_ENTRA_ENABLED: on, ...config }: Config, clock: Clock) => {
    const tenantId = config.ENTRA_TENANT_ID;
    if (!on || tenantId === null) return null;
    const settings = {
      fetchMetadata: () => fetchIssuerMetadata(config.ENTRA_AUTHORITY, tenantId),
      maxAgeMs: config.ENTRA_KEYS_MAX_AGE_HOURS * HOUR_MS,
      random: Math.random,
    };
    return new SigningKeyStore(settings, clock, log);
  },
};

const jwtStrategy: Provider = {
  provide: JwtStrategy,
  inject: [CONFIG, SigningKeyStore],
  useFactory: (config: Config, keys: SigningKeyStore | null) => {
    const policy = tokenPolicy(config);
    return keys === null || policy === null
      ? null
      : new JwtStrategy(new TokenVerifier(keys, policy, () => Date.now() / 1000));
  },
};

const authenticator: Provider = {
  provide: Authenticator,
  inject: [CONFIG, KeyStore, ApiKeyStrategy, JwtStrategy],
  useFactory: (config: Config, keys: KeyStore | null, apiKey: ApiKeyStrategy | null, jwt: JwtStrategy | null) => {
    const passport = new AppPassport({ api_key: apiKey, entra: jwt });
    return new Authenticator(
      { apiKey: config.AUTH_API_KEY_ENABLED, entra: config.AUTH_ENTRA_ENABLED },
      {
        verify: (method, credential) => passport.verify(method, credential),
        isStoredKey: (value) => keys?.isStored(value) ?? false,
      },
    );
  },
};

const gate: Provider = {
  provide: AuthGate,
  inject: [CONFIG, Authenticator, AUTH_CLOCK, { token: Metrics, optional: true }],
  useFactory: (config: Config, authenticator: Authenticator, clock: Clock, metrics: Metrics | undefined) =>
    new AuthGate({
      authenticator,
      publicPaths: new PublicPaths(config.AUTH_PUBLIC_PATHS, docsEnabled(config)),
      limiter: new FailureLimiter(clock),
      audit: new AuditLog(log, clock),
      counter: metrics ?? null,
    }),
};

function tokenPolicy(config: Config): TokenPolicy | null {
  if (config.ENTRA_TENANT_ID === null || config.ENTRA_CLIENT_ID === null) return null;
  return {
    tenantId: config.ENTRA_TENANT_ID,
    audiences: [config.ENTRA_CLIENT_ID, ...config.ENTRA_AUDIENCES],
    requiredScope: config.ENTRA_REQUIRED_SCOPE,
    appRoles: config.ENTRA_APP_ROLES,
    clockSkewSeconds: config.ENTRA_CLOCK_SKEW_SECONDS,
  };
}

@Module({
  providers: [
    { provide: AUTH_CLOCK, useValue: systemClock },
    keyStore,
    apiKeyStrategy,
    signingKeyStore,
    jwtStrategy,
    authenticator,
    gate,
    AuthMiddleware,
    { provide: APP_GUARD, useClass: AuthGuard },
  ],
})
export class AuthModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Optional() @Inject(KeyStore) private readonly keys: KeyStore | null,
    @Optional() @Inject(SigningKeyStore) private readonly signingKeys: SigningKeyStore | null,
    private readonly readiness: ReadinessChecks,
  ) {}

  /** Keys are read before the first request can come; the issuer may be slow or down, and is not waited for. */
  async onModuleInit(): Promise<void> {
    this.addReadinessChecks();
    await this.keys?.start();
    this.signingKeys?.start();
  }

  onApplicationShutdown(): void {
    this.keys?.stop();
    this.signingKeys?.stop();
  }

  /**
   * The issuer counts only where tokens are all there is, and only until its keys were first seen: its outage must not
   * take the service from callers with keys, nor hide the 503 that says what is wrong.
   */
  private addReadinessChecks(): void {
    const { keys, signingKeys } = this;
    if (keys) this.readiness.add('api_keys', () => (keys.available ? null : 'no API key is loaded'));
    else if (signingKeys) {
      const reason = "the issuer's signing keys were never fetched";
      this.readiness.add('signing_keys', () => (signingKeys.issuer === null ? reason : null));
    }
  }
}

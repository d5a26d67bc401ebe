/**
 * The auth room alone behind HTTP: the real order of middleware, guard and filter, with stand-in routes that say who
 * called them. Keys are real files; the clock of the room can be a manual one.
 */
import { All, Body, Controller, Get, HttpCode, Post, Req, type LoggerService } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import type { Request } from 'express';
import helmet from 'helmet';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AUTH_CLOCK, AuthModule } from '../../src/auth/auth.module.js';
import { systemClock, type Clock } from '../../src/auth/clock.js';
import { installAuth } from '../../src/auth/install-auth.js';
import { ConfigModule } from '../../src/common/config/config.module.js';
import { readConfig } from '../../src/common/config/config.js';
import { AppErrorFilter } from '../../src/common/errors/app-error.filter.js';
import { allowedMethods } from '../../src/common/http/allowed-methods.js';
import { answerClientErrors } from '../../src/common/http/client-error.js';
import { requestId } from '../../src/common/http/request-id.middleware.js';
import { LifecycleModule } from '../../src/common/lifecycle/lifecycle.module.js';
import { MetricsModule } from '../../src/common/metrics/metrics.module.js';
import { Metrics } from '../../src/common/metrics/metrics.js';
import { CLIENT, TENANT, type LocalIssuer } from './local-issuer.js';

export const PK = 'fndry-pk-0b5e4ad2-7f3c-4d1a-9f0e-1c2d3e4f5a6b';
export const SK = 'fndry-sk-6b5a4f3e-2d1c-4e0f-8a9d-4c3f7d2e5b0a';
export const HX = '0f'.repeat(32);

/** Key only, Entra only, both. */
export type Mode = 'K' | 'E' | 'B';

export interface AuthServiceOptions {
  mode: Mode;
  issuer?: LocalIssuer;
  environment?: Record<string, string>;
  clock?: Clock;
  /** Files in the key folder. */
  keyFiles?: Record<string, string>;
  /** As if `main.ts` had forgotten the middleware. */
  withoutMiddleware?: boolean;
}

/** Every line that the service logs, at any level. */
export class CapturedLog implements LoggerService {
  readonly lines: string[] = [];
  readonly log = (...words: unknown[]) => this.keep('log', words);
  readonly error = (...words: unknown[]) => this.keep('error', words);
  readonly warn = (...words: unknown[]) => this.keep('warn', words);
  readonly debug = (...words: unknown[]) => this.keep('debug', words);
  readonly verbose = (...words: unknown[]) => this.keep('verbose', words);

  private keep(level: string, words: unknown[]): void {
    this.lines.push(`${level} ${words.map(String).join(' ')}`);
  }
}

/** Calls that reached a handler. */
let calls = 0;

@Controller()
class StandInRoutes {
  @Get(['health', 'ready', 'healthz', 'readyz', 'v1/model', 'v1/models', 'docs', 'docs/:file', 'openapi.json'])
  read(@Req() request: Request): unknown {
    calls += 1;
    return { model: 'stand-in-model', caller: request.principal ?? null };
  }

  @Post(['v1/chat/completions', 'v1/predict', 'v1/audio/transcriptions'])
  @HttpCode(200)
  write(@Req() request: Request, @Body() body: unknown): unknown {
    calls += 1;
    return { caller: request.principal ?? null, body: body ?? null };
  }

  @All('fails')
  fail(): never {
    throw new Error('a fault of ours');
  }
}

export class AuthService {
  private constructor(
    readonly app: NestExpressApplication,
    readonly port: number,
    readonly keysDir: string,
    readonly log: CapturedLog,
  ) {}

  static async start(options: AuthServiceOptions): Promise<AuthService> {
    const keysDir = await mkdtemp(join(tmpdir(), 'ingot-keys-'));
    const files = options.keyFiles ?? { 'primary-key': PK, 'secondary-key': SK };
    for (const [name, content] of Object.entries(files)) await writeFile(join(keysDir, name), content);
    const config = readConfig({ ...environmentOf(options, keysDir), ...options.environment });
    const log = new CapturedLog();
    const module = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(config), LifecycleModule, MetricsModule, AuthModule],
      controllers: [StandInRoutes],
    })
      .setLogger(log)
      .overrideProvider(AUTH_CLOCK)
      .useValue(options.clock ?? systemClock)
      .compile();
    const app = module.createNestApplication<NestExpressApplication>({ bodyParser: false, logger: log });
    app.use(requestId);
    app.use(helmet());
    if (!options.withoutMiddleware) installAuth(app);
    app.useBodyParser('json', { limit: 4096 });
    const express = app.getHttpAdapter().getInstance();
    app.useGlobalFilters(new AppErrorFilter((path) => allowedMethods(express, path)));
    answerClientErrors(app.getHttpServer());
    await app.listen(0, '127.0.0.1');
    return new AuthService(app, (app.getHttpServer().address() as AddressInfo).port, keysDir, log);
  }

  async stop(): Promise<void> {
    this.app.getHttpServer().closeAllConnections();
    await this.app.close();
    await rm(this.keysDir, { recursive: true, force: true });
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Handlers run so far, in any service of this process. */
  get calls(): number {
    return calls;
  }

  metrics(): Promise<string> {
    return this.app.get(Metrics).scrape();
  }

  writeKey(slot: 'primary' | 'secondary', content: string): Promise<void> {
    return writeFile(join(this.keysDir, `${slot}-key`), content);
  }
}

function environmentOf({ mode, issuer }: AuthServiceOptions, keysDir: string): Record<string, string> {
  return {
    AUTH_API_KEY_ENABLED: String(mode !== 'E'),
    AUTH_ENTRA_ENABLED: String(mode !== 'K'),
    API_KEYS_DIR: keysDir,
    ENTRA_TENANT_ID: TENANT,
    ENTRA_CLIENT_ID: CLIENT,
    ENTRA_AUTHORITY: issuer?.authority ?? 'http://127.0.0.1:9',
    ENTRA_APP_ROLES: 'Inference.Use',
    DOCS: 'off',
  };
}

/**
 * The Nest application put together: what comes before what on a request's way. It does not read the environment and
 * handles no signal; `main.ts` and `serve.ts` do.
 */
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import helmet from 'helmet';
import { AppModule } from './app.module.js';
import { installAuth } from './auth/install-auth.js';
import { docsEnabled, type Config } from './common/config/config.js';
import { AppErrorFilter } from './common/errors/app-error.filter.js';
import { allowedMethods } from './common/http/allowed-methods.js';
import { answerClientErrors } from './common/http/client-error.js';
import { isSharedJsonBody } from './common/http/own-body.js';
import { requestId } from './common/http/request-id.middleware.js';
import { DrainService } from './common/lifecycle/drain.service.js';
import { createLogger } from './common/logging/logger.service.js';
import { installHttpMetrics } from './common/metrics/http-metrics.js';
import { Metrics } from './common/metrics/metrics.js';
import { installDocs } from './docs/install-docs.js';

/** A slow-header or slow-body client is cut after these. */
const HEADERS_TIMEOUT_MS = 15_000;
const BODY_TIMEOUT_MS = 60_000;
/** Longer than the idle time of usual proxies, so that they never meet a connection we just closed. */
const KEEP_ALIVE_MS = 75_000;

export async function createServer(config: Config): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(config), {
    bodyParser: false,
    logger: createLogger(config),
    abortOnError: false,
  });
  const express = app.getHttpAdapter().getInstance();
  const drain = app.get(DrainService);
  const metrics = app.get(Metrics);

  app.use(requestId);
  installHttpMetrics(app, metrics);
  app.use(
    helmet({ contentSecurityPolicy: docsEnabled(config) ? { directives: { upgradeInsecureRequests: null } } : true }),
  );
  app.use((_request: Request, response: Response, next: NextFunction) => {
    if (drain.draining) response.setHeader('connection', 'close');
    next();
  });
  // Before the body parser, the documents and the router: nothing is read or told without credentials.
  installAuth(app);
  app.useBodyParser('json', { limit: config.MAX_BODY_BYTES, type: isSharedJsonBody });
  app.useGlobalFilters(new AppErrorFilter((path) => allowedMethods(express, path)));
  if (docsEnabled(config)) installDocs(app);

  const server = app.getHttpServer();
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = BODY_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  answerClientErrors(server, (status) => metrics.malformedRequest(status));
  return app;
}

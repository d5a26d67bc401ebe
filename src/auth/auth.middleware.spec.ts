import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import express from 'express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuthGate } from './auth-gate.js';
import { AuthMiddleware } from './auth.middleware.js';
import { Refusal } from './refusal.js';

let server: Server;
let verdict: () => Promise<void>;
let reached: number;
beforeEach(async () => {
  reached = 0;
  Logger.overrideLogger(false);
  const middleware = new AuthMiddleware({ admit: () => verdict() } as unknown as AuthGate);
  const app = express();
  app.use(middleware.handle);
  app.use((_request, response) => {
    reached += 1;
    response.send('handled');
  });
  server = createServer(app);
  middleware.holdContinue(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  Logger.overrideLogger(true);
  server.closeAllConnections();
  server.close();
});

const get = (init: RequestInit = {}) => fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, init);

describe('AuthMiddleware', () => {
  it('lets pass, and says that the answer depends on who asked', async () => {
    verdict = () => Promise.resolve();
    const response = await get();
    expect([response.status, await response.text()]).toEqual([200, 'handled']);
    expect(response.headers.get('vary')).toBe('authorization, api-key, x-api-key');
  });

  it('answers a refusal with everything that belongs to it', async () => {
    verdict = () => Promise.reject(new Refusal('token_validation_unavailable', 'reason', 7));
    const response = await get();
    expect([response.status, response.headers.get('retry-after'), response.headers.get('x-powered-by')]).toEqual([
      503,
      '7',
      null,
    ]);
    expect(await response.json()).toEqual({
      error: { message: expect.any(String), type: 'server_error', param: null, code: 'token_validation_unavailable' },
    });
    expect(reached).toBe(0);
  });

  it('lets nobody in when the check itself fails, and tells no detail', async () => {
    verdict = () => Promise.reject(new Error('the stack holds /secret/paths'));
    const response = await get();
    const text = await response.text();
    expect([response.status, reached]).toEqual([500, 0]);
    expect(text).toContain('internal_error');
    expect(text).not.toContain('secret');
  });

  it('closes the connection when a body is pending, and only then', async () => {
    verdict = () => Promise.reject(new Refusal('missing_credentials', 'reason'));
    const pending = await get({ method: 'POST', body: 'x'.repeat(200_000) });
    expect(pending.headers.get('connection')).toBe('close');
    expect((await get()).headers.get('connection')).toBe('keep-alive');
    expect((await get({ method: 'POST' })).headers.get('connection')).toBe('keep-alive');
  });
});

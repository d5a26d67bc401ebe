import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Response } from 'express';
import { afterEach, describe, expect, it } from 'vitest';
import { requestSignal } from './client-gone.decorator.js';

const NEVER_MS = 60_000;

let server: Server;

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** One request; `work` gets its signal. */
async function exchange(timeoutMs: number, work: (signal: AbortSignal, response: Response) => void) {
  server = createServer((_request, raw) => {
    const response = raw as Response;
    work(requestSignal(response, timeoutMs), response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false });
  client.on('error', () => undefined);
  return client;
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

describe('requestSignal', () => {
  it('fires when the client leaves', async () => {
    const { promise, resolve } = deferred<AbortSignal>();
    const client = await exchange(NEVER_MS, (signal) => {
      signal.addEventListener('abort', () => resolve(signal));
      client.destroy();
    });
    expect((await promise).reason).toMatchObject({ message: 'The client closed the connection.' });
  });

  it('fires when the client leaves in the middle of the answer', async () => {
    const { promise, resolve } = deferred<AbortSignal>();
    const client = await exchange(NEVER_MS, (signal, response) => {
      signal.addEventListener('abort', () => resolve(signal));
      response.write('half');
    });
    client.on('response', (incoming) => incoming.destroy());
    expect((await promise).aborted).toBe(true);
  });

  it('fires at the deadline, and asks official clients not to repeat', async () => {
    const { promise, resolve } = deferred<AbortSignal>();
    await exchange(20, (signal) => signal.addEventListener('abort', () => resolve(signal)));
    expect((await promise).reason).toMatchObject({
      code: 'deadline_exceeded',
      headers: { 'x-should-retry': 'false' },
    });
  });

  it('stays silent after a whole answer', async () => {
    const { promise, resolve } = deferred<{ signal: AbortSignal; response: Response }>();
    const client = await exchange(50, (signal, response) => {
      response.end('whole');
      resolve({ signal, response });
    });
    client.on('response', (incoming) => incoming.resume());
    const { signal, response } = await promise;
    if (!response.closed) await once(response, 'close');
    await new Promise((done) => setTimeout(done, 100));
    expect(signal.aborted).toBe(false);
  });
});

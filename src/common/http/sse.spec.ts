import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { Response } from 'express';
import { afterEach, describe, expect, it } from 'vitest';
import { EventStream } from './sse.js';

const NEVER_MS = 60_000;

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Serves one stream; the reader decides when to read. */
async function serve(heartbeatMs: number, use: (stream: EventStream, response: Response) => Promise<void> | void) {
  let finished!: Promise<void>;
  server = createServer((_request, raw) => {
    const response = raw as Response;
    finished = Promise.resolve(use(new EventStream(response, heartbeatMs), response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const [incoming] = (await once(get({ port, host: '127.0.0.1', agent: false }), 'response')) as [IncomingMessage];
  return { incoming, finished };
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  let text = '';
  for await (const bytes of incoming.setEncoding('utf8')) text += bytes as string;
  return text;
}

describe('EventStream', () => {
  it('sends its headers with the first event, and events as they are', async () => {
    const { incoming } = await serve(NEVER_MS, (stream) => {
      expect(stream.started).toBe(false);
      stream.write('data: 1\n\n');
      expect(stream.started).toBe(true);
      stream.end('data: [DONE]\n\n');
    });
    expect(incoming.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    expect(await textOf(incoming)).toBe('data: 1\n\ndata: [DONE]\n\n');
  });

  it('fills silence with comments, also before the first event', async () => {
    const { incoming } = await serve(20, async (stream) => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      stream.end('data: 1\n\n');
    });
    expect(await textOf(incoming)).toMatch(/^(: ping\n\n)+data: 1\n\n$/);
  });

  it('leaves the response to others once it is released', async () => {
    const { incoming } = await serve(20, async (stream, response) => {
      stream.release();
      await new Promise((resolve) => setTimeout(resolve, 100));
      stream.write('data: 1\n\n');
      stream.end('data: 2\n\n');
      expect(stream.started).toBe(false);
      response.writeHead(429).end('busy');
    });
    expect(incoming.statusCode).toBe(429);
    expect(await textOf(incoming)).toBe('busy');
  });

  it('makes its producer wait for a reader that is behind, and lets it go on', async () => {
    const event = `data: ${'x'.repeat(64 * 1024)}\n\n`;
    const { incoming, finished } = await serve(NEVER_MS, async (stream, response) => {
      let waits = 0;
      for (let index = 0; index < 200; index++) {
        if (stream.write(event)) continue;
        waits += 1;
        expect(response.writableLength).toBeLessThan(3 * event.length);
        await stream.drained(new AbortController().signal);
      }
      expect(waits).toBeGreaterThan(0);
      stream.end('');
    });
    const text = await textOf(incoming);
    await finished;
    expect(text.length).toBe(200 * event.length);
  });

  it('stops waiting for the reader when the signal fires', async () => {
    const { finished } = await serve(NEVER_MS, async (stream) => {
      while (stream.write(`data: ${'x'.repeat(1024 * 1024)}\n\n`));
      const leaving = new AbortController();
      const waiting = stream.drained(leaving.signal);
      leaving.abort(new Error('too late'));
      await expect(waiting).rejects.toThrow('too late');
      await expect(stream.drained(leaving.signal)).rejects.toThrow('too late');
    });
    await finished;
  });

  it('says nothing more once the client has gone', async () => {
    const { incoming, finished } = await serve(NEVER_MS, async (stream, response) => {
      stream.write('data: 1\n\n');
      await once(response, 'close');
      expect(stream.clientGone).toBe(true);
      expect(stream.write('data: 2\n\n')).toBe(true);
      stream.end('data: 3\n\n');
    });
    incoming.destroy();
    await finished;
  });
});

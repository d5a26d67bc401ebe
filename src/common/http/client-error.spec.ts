import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerClientErrors } from './client-error.js';

let server: Server;
let observed: number[];
beforeEach(async () => {
  observed = [];
  server = createServer((request, response) => {
    if (request.url === '/stream') response.write('one');
    else if (request.url === '/slow') setTimeout(() => response.end('slow'), 50);
    else response.end('hello');
  });
  answerClientErrors(server, (status) => observed.push(status));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Sends one text after the other, each when something came back for the one before; gives all that came until the end. */
function exchange(...texts: string[]): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    let got = '';
    socket.on('data', (chunk) => {
      got += chunk.toString();
      const next = texts.shift();
      if (next !== undefined) socket.write(next);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(got));
    socket.write(texts.shift() ?? '');
  });
}

describe('answerClientErrors', () => {
  it.each([
    ['no HTTP', 'hello\r\n\r\n', 400, 'bad_request'],
    ['an unknown method', 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'bad_request'],
    ['a control byte', 'GET / HTTP/1.1\r\nHost: x\r\na: \u0001\r\n\r\n', 400, 'bad_request'],
    ['too large headers', `GET / HTTP/1.1\r\nHost: x\r\na: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400, 'bad_request'],
  ])('answers %s with our error object and closes', async (_, bytes, status, code) => {
    const answer = await exchange(bytes);
    const [head, body] = answer.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [A-Z]`));
    expect(head).toMatch(/connection: close/);
    expect(head).toContain(`content-length: ${body.length}`);
    expect(JSON.parse(body)).toEqual({
      error: { message: expect.any(String), type: 'invalid_request_error', param: null, code },
    });
    expect(observed).toEqual([status]);
  });

  it('leaves good requests alone, also the next one after a fault', async () => {
    await exchange('hello\r\n\r\n');
    expect(await exchange('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 200 [^]*hello$/,
    );
    expect(await exchange('GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('answers headers that never end', async () => {
    server.close();
    server = createServer({ headersTimeout: 50, requestTimeout: 50, connectionsCheckingInterval: 20 });
    answerClientErrors(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    expect(await exchange('GET / HTTP/1.1\r\nHost')).toMatch(/^HTTP\/1\.1 408 [^]*"deadline_exceeded"/);
  });

  it('waits with a missing Host until the request before it is answered', async () => {
    const answer = await exchange('GET /slow HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*slow[^]*HTTP\/1\.1 400 [^]*"bad_request"/);
  });

  it('treats an unknown expectation like any other request', async () => {
    const answer = await exchange('GET / HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*hello$/);
  });

  it('writes nothing into an answer that is under way', async () => {
    const answer = await exchange('GET /stream HTTP/1.1\r\nHost: x\r\n\r\n', 'garbage\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).not.toContain('400');
    expect(observed).toEqual([]);
  });
});

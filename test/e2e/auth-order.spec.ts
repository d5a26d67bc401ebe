/** What comes before what, floods, and discretion: the cases M and N of the auth specification. */
import { connect } from 'node:net';
import OpenAI, { AuthenticationError, AzureOpenAI, PermissionDeniedError } from 'openai';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AuthService, PK, SK } from '../support/auth-service.js';
import { granted, refused, verdict } from '../support/auth-verdict.js';
import { call, exchangeRaw, type Call } from '../support/http-exchange.js';
import { LocalIssuer } from '../support/local-issuer.js';

const CHAT = '/v1/chat/completions';
const missing = refused(401, 'missing_credentials');
const JSON_TYPE = { 'content-type': 'application/json' };
const WRONG = 'fndry-pk-00000000-0000-4000-8000-000000000000';

let issuer: LocalIssuer;
let service: AuthService;
beforeAll(async () => {
  issuer = await LocalIssuer.start();
  service = await AuthService.start({ mode: 'B', issuer });
});
afterAll(async () => {
  await service.stop();
  await issuer.stop();
});

const post = (body: string, headers: Record<string, string> = {}, path = CHAT): Call => ({
  method: 'POST',
  path,
  body,
  headers: { ...JSON_TYPE, ...headers },
});
const start = (lines: string[]) =>
  `POST ${CHAT} HTTP/1.1\r\nHost: x\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;

describe('M order', () => {
  it('M01 a large body is not read before the refusal, and the connection ends', async () => {
    const announced = 20 * 1024 * 1024;
    const accepted = await uploadUntilClosed(service.port, start([`Content-Length: ${announced}`]), announced);
    expect(accepted.text).toMatch(/^HTTP\/1\.1 401 /);
    expect(accepted.text).toMatch(/connection: close/i);
    expect(accepted.bytes).toBeLessThan(announced);
  });

  it('M02 Expect: 100-continue is answered with the refusal alone', async () => {
    const headers = ['Content-Length: 100', 'Expect: 100-continue'];
    const { text, closed } = await exchangeRaw(service.port, start(headers));
    expect(text).toMatch(/^HTTP\/1\.1 401 /);
    expect(text).not.toContain('100 Continue');
    expect(closed).toBe(true);
  });

  it('M02 with a key the body is asked for, and read', async () => {
    const headers = ['Content-Length: 2', 'Expect: 100-continue', 'Content-Type: application/json', `api-key: ${PK}`];
    const { text } = await exchangeRaw(service.port, `${start(headers)}{}`, /"caller"/);
    expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
  });

  it.each([
    ['M03 M04 invalid JSON', post('{'), 400],
    ['M05 too large a body', post(`"${'x'.repeat(5000)}"`), 413],
    ['M06 not JSON', { ...post('hello', { 'content-type': 'text/plain' }) }, 200],
    ['an escape that cannot be decoded', { path: '/%zz' }, 404],
    ['no such path', { path: '/nowhere' }, 404],
    ['a fault behind it', { path: '/fails' }, 500],
  ])('%s: without credentials 401, with a key its own answer', async (_, request, status) => {
    expect(await verdict(service, request)).toEqual(missing);
    const headers = { ...(request.headers as Record<string, string>), 'api-key': PK };
    expect((await call(service.port, { ...request, headers })).status).toBe(status);
  });

  it('M07 a body that never ends', async () => {
    const { text, closed } = await exchangeRaw(service.port, `${start(['Transfer-Encoding: chunked'])}5\r\nhello\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 401 /);
    expect(closed).toBe(true);
  });

  it('a refusal without a body keeps the connection', async () => {
    const request = 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n';
    const { text } = await exchangeRaw(service.port, request + request, /401(?:[^]*)HTTP\/1\.1 401[^]*\}\}/);
    expect(text).not.toMatch(/connection: close/i);
  });

  it('M08 too many wrong keys from one address', async () => {
    const from = (address: string, key: string) =>
      call(service.port, { headers: { 'x-forwarded-for': address, 'api-key': key } });
    const answers = await Promise.all(Array.from({ length: 30 }, () => from('10.200.0.1', WRONG)));
    const codes = answers.map(({ code }) => code);
    expect(codes.filter((code) => code === 'invalid_api_key').length).toBeGreaterThanOrEqual(20);
    const limited = answers.find(({ code }) => code === 'auth_rate_limited');
    expect(limited).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    expect((await from('10.200.0.1', PK)).status).toBe(200);
    expect((await from('10.200.0.2', WRONG)).status).toBe(401);
    expect((await call(service.port, { headers: { 'x-forwarded-for': '10.200.0.1' } })).code).toBe(
      'missing_credentials',
    );
  });

  it('M09 only the last hop counts: what a client writes before it changes nothing', async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        call(service.port, { headers: { 'x-forwarded-for': `10.3.0.${i}, 10.200.0.9`, 'api-key': WRONG } }),
      ),
    );
    expect(answers.some(({ status }) => status === 429)).toBe(true);
  });

  it('M11 junk tokens cost the issuer nothing', async () => {
    await call(service.port, { headers: { authorization: `Bearer ${await issuer.mint()}` } });
    const asked = issuer.requests.length;
    const junk = [
      await issuer.mint({ exp: 1 }),
      await issuer.mint({ aud: 'x' }),
      await issuer.mint({ iss: 'x' }),
      'a.b.c',
    ];
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        call(service.port, { headers: { authorization: `Bearer ${junk[i % junk.length]}` } }),
      ),
    );
    expect(answers.filter(({ status }) => status !== 401)).toEqual([]);
    expect(issuer.requests).toHaveLength(asked);
  });

  it('M12 the client leaves while the keys are fetched', async () => {
    const slow = await LocalIssuer.start();
    slow.manner = 'hang';
    const waiting = await AuthService.start({ mode: 'E', issuer: slow });
    const socket = connect(waiting.port, '127.0.0.1');
    const before = waiting.calls;
    const token = await slow.mint();
    socket.write(`GET /health HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    await vi.waitFor(() => expect(slow.requests.length).toBeGreaterThan(0), 10_000);
    socket.destroy();
    // The fetch ends at its own limit; only then is it known that nothing followed.
    const refusedOne = () => expect(waiting.log.lines.join('\n')).toContain('Refused token_validation_unavailable');
    await vi.waitFor(refusedOne, 10_000);
    expect(waiting.calls).toBe(before);
    await waiting.stop();
    await slow.stop();
  });
});

describe('N discretion, contract, clients', () => {
  it('N01 no key and no token in any log line, metric or answer', async () => {
    const canaryKey = 'fndry-pk-canary00-0000-4000-8000-c4n4ryc4n4ry';
    const watched = await AuthService.start({ mode: 'B', issuer, keyFiles: { 'primary-key': canaryKey } });
    const tokens = [await issuer.mint(), await issuer.mint({ aud: 'x' }), await issuer.mint({ scp: 'other' })];
    const requests: Call[] = [
      ...tokens.map((token) => ({ headers: { authorization: `Bearer ${token}` } })),
      { headers: { authorization: `Bearer ${canaryKey}` } },
      { headers: { 'api-key': canaryKey }, path: '/fails' },
      { headers: { 'api-key': `${canaryKey}x` } },
      { headers: { 'api-key': canaryKey, 'x-api-key': canaryKey } },
      { headers: { authorization: `Basic ${canaryKey}` } },
      { path: `/health?api-key=${canaryKey}` },
      post('{', { 'api-key': canaryKey }),
    ];
    const answers = [];
    for (const request of requests) answers.push((await call(watched.port, request)).text);
    const everything = [...watched.log.lines, ...answers, await watched.metrics()].join('\n');
    expect(watched.log.lines.filter((line) => line.includes('Granted')).length).toBeGreaterThan(0);
    expect(watched.log.lines.filter((line) => line.includes('Refused')).length).toBeGreaterThanOrEqual(6);
    expect(everything).not.toContain('canary');
    expect(everything).not.toContain('c4n4ry');
    for (const token of tokens) {
      for (const part of token.split('.').slice(1)) expect(everything).not.toContain(part);
    }
    await watched.stop();
  });

  it('N04 counts by method and code, from fixed lists', async () => {
    const counted = await AuthService.start({ mode: 'B', issuer });
    const token = await issuer.mint({ aud: 'x' });
    const sent: Record<string, string>[] = [
      {},
      { 'api-key': PK },
      { 'api-key': WRONG },
      { authorization: `Bearer ${token}` },
    ];
    for (const headers of sent) await call(counted.port, { headers });
    const lines = (await counted.metrics())
      .split('\n')
      .filter((line) => line.startsWith('ingot_auth_decisions_total{'));
    expect(lines.sort()).toEqual([
      'ingot_auth_decisions_total{method="api_key",outcome="accepted",code=""} 1',
      'ingot_auth_decisions_total{method="api_key",outcome="refused",code="invalid_api_key"} 1',
      'ingot_auth_decisions_total{method="entra",outcome="refused",code="invalid_token"} 1',
      'ingot_auth_decisions_total{method="none",outcome="refused",code="missing_credentials"} 1',
    ]);
    await counted.stop();
  });

  it('N05 the official clients get in, and know a refusal when they see one', async () => {
    const baseURL = `${service.baseUrl}/v1`;
    const request = { model: 'm', messages: [] };
    const client = (apiKey: string) => new OpenAI({ apiKey, baseURL, maxRetries: 0 });
    expect(await client(PK).chat.completions.create(request)).toMatchObject({ caller: { method: 'api_key' } });
    expect(await client(await issuer.mint()).chat.completions.create(request)).toMatchObject({
      caller: { method: 'entra' },
    });
    await expect(client(WRONG).chat.completions.create(request)).rejects.toThrow(AuthenticationError);
    const forbidden = client(await issuer.mint({ scp: 'other' }));
    await expect(forbidden.chat.completions.create(request)).rejects.toThrow(PermissionDeniedError);
    const azure = new AzureOpenAI({ apiKey: SK, baseURL, apiVersion: '2024-10-21', maxRetries: 0 });
    expect(await azure.get('/models')).toMatchObject({ caller: { method: 'api_key' } });
  });

  it('N06 a preflight is a request like any other while no origin is configured', async () => {
    const request = { method: 'OPTIONS', path: CHAT, headers: { origin: 'https://a.example' } };
    const answer = await call(service.port, { ...request });
    expect([answer.code, answer.headers['access-control-allow-origin']]).toEqual(['missing_credentials', undefined]);
  });

  it('N09 200 callers at once, each with its own answer', async () => {
    const token = await issuer.mint();
    const callers: (Call & { id: RegExp | null })[] = [
      { headers: { 'api-key': PK }, id: /^key:primary:/ },
      { headers: { authorization: `Bearer ${SK}` }, id: /^key:secondary:/ },
      { headers: { authorization: `Bearer ${token}` }, id: /^entra:/ },
      { headers: { 'api-key': WRONG }, id: null },
    ];
    const mixed = Array.from({ length: 200 }, (_, i) => callers[i % callers.length]);
    const answers = await Promise.all(mixed.map(({ headers }) => call(service.port, { headers })));
    const ids = answers.map(({ json }) => (json as { caller?: { id: string } }).caller?.id ?? null);
    const wrong = mixed.filter(({ id }, i) => (id === null ? ids[i] !== null : !id.test(ids[i] ?? '')));
    expect(wrong).toEqual([]);
  });

  it('N12 a caller may come back with a key when tokens cannot be checked', async () => {
    const alone = await AuthService.start({ mode: 'B' });
    const token = await issuer.mint();
    const first = await verdict(alone, { headers: { authorization: `Bearer ${token}` } });
    expect(first).toEqual(refused(503, 'token_validation_unavailable'));
    expect(await verdict(alone, { headers: { authorization: `Bearer ${PK}` } })).toEqual(granted);
    await alone.stop();
  });
});

/** Writes a body in pieces as fast as the other side takes them, until it closes. */
function uploadUntilClosed(port: number, head: string, size: number): Promise<{ text: string; bytes: number }> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const piece = Buffer.alloc(64 * 1024);
    let text = '';
    let bytes = 0;
    const feed = () => {
      while (bytes < size && socket.writable) {
        bytes += piece.length;
        if (!socket.write(piece)) return;
      }
    };
    socket.on('drain', feed);
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve({ text, bytes }));
    socket.write(head);
    feed();
  });
}

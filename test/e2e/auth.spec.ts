/** Routes, key formats, headers and modes: the cases of the auth specification by their ids, over HTTP. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../src/common/config/config.js';
import { AuthService, HX, PK, SK, type Mode } from '../support/auth-service.js';
import { granted, refused, verdict, type Verdict } from '../support/auth-verdict.js';
import { call, exchangeRaw, type Call } from '../support/http-exchange.js';
import { LocalIssuer } from '../support/local-issuer.js';

const CHAT = { method: 'POST', path: '/v1/chat/completions', body: '{"messages":[]}' };

let issuer: LocalIssuer;
const services = {} as Record<Mode, AuthService>;
beforeAll(async () => {
  issuer = await LocalIssuer.start();
  for (const mode of ['K', 'E', 'B'] as const) services[mode] = await AuthService.start({ mode, issuer });
});
afterAll(async () => {
  for (const service of Object.values(services)) await service.stop();
  await issuer.stop();
});

interface Case extends Call {
  id: string;
  mode: Mode;
  is: Verdict;
}

const missing = refused(401, 'missing_credentials');
const wrongKey = refused(401, 'invalid_api_key');
const ambiguous = refused(400, 'ambiguous_auth');

const judge = (mode: Mode, request: Call) => verdict(services[mode], request);

const ROUTES: Call[] = [
  { path: '/health' },
  { path: '/ready' },
  { path: '/v1/model' },
  { path: '/v1/models' },
  CHAT,
  {
    method: 'POST',
    path: '/v1/audio/transcriptions',
    body: '--x\r\n',
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
  },
  { method: 'POST', path: '/v1/predict', body: '{}' },
];

describe('A routes', () => {
  it.each(ROUTES.map((route, i) => ({ id: `A0${i + 1}`, route })))('$id without credentials', async ({ route }) => {
    expect(await judge('B', route)).toEqual(missing);
  });

  it.each(ROUTES)('A08 $path with a key', async (route) => {
    const headers = { ...(route.headers as Record<string, string>), 'api-key': PK };
    expect((await call(services.B.port, { ...route, headers })).status).toBe(200);
  });

  it('A10 a method that no route answers', async () => {
    expect(await judge('B', { method: 'DELETE', path: CHAT.path })).toEqual(missing);
    const known = await call(services.B.port, { method: 'DELETE', path: CHAT.path, headers: { 'api-key': PK } });
    expect(known.status).toBe(405);
  });

  it('A12 HEAD', async () => {
    const answer = await call(services.B.port, { method: 'HEAD', path: '/health' });
    expect([answer.status, answer.text]).toEqual([401, '']);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer /);
  });

  const variants = ['/HEALTH', '/health/', '//health', '/%68ealth', '/./health', '/x/../health', '/health%2f', '/%zz'];
  it.each(variants)('A13 %s', async (path) => {
    expect(await judge('B', { path })).toEqual(missing);
  });

  it.each(['/docs', '/docs-json', '/openapi.json', '/metrics', '/nowhere'])('A14 %s with DOCS=off', async (path) => {
    expect(await judge('B', { path })).toEqual(missing);
  });

  it('A16 every registered route', async () => {
    interface Layer {
      route?: { path: string; methods: Record<string, boolean> };
    }
    const { router } = services.B.app.getHttpAdapter().getInstance() as { router: { stack: Layer[] } };
    const routes = router.stack
      .flatMap(({ route }) => (route ? Object.keys(route.methods).map((method) => ({ method, path: route.path })) : []))
      .filter(({ method }) => method !== 'connect');
    expect(routes.length).toBeGreaterThan(10);
    for (const { method, path } of routes) {
      const name = method.toUpperCase();
      // A HEAD answer has no body to hold a code.
      const wanted = name === 'HEAD' ? { ...missing, code: null } : missing;
      expect([name, path, await judge('B', { method: name, path })]).toEqual([name, path, wanted]);
    }
  });

  it('A15 public paths are exact, and for reading only', async () => {
    const environment = { AUTH_PUBLIC_PATHS: '/healthz,/readyz,/v1/models' };
    const service = await AuthService.start({ mode: 'B', issuer, environment });
    const status = async (request: Call) => (await call(service.port, request)).status;
    for (const path of ['/healthz', '/readyz', '/v1/models', '/v1/models?limit=1']) {
      expect([path, await status({ path })]).toEqual([path, 200]);
    }
    for (const path of ['/v1/modelsx', '/v1/models/', '/V1/models', '//v1/models', '/v1/model%73', '/v1/x/../models']) {
      expect([path, await status({ path })]).toEqual([path, 401]);
    }
    expect(await status({ method: 'POST', path: '/v1/models' })).toBe(401);
    expect(await status({ method: 'HEAD', path: '/healthz' })).toBe(200);
    await service.stop();
  });

  it('A14 documents need no credentials when they are on, and nothing beside them is opened', async () => {
    const service = await AuthService.start({ mode: 'B', issuer, environment: { DOCS: 'on' } });
    const status = async (path: string) => (await call(service.port, { path })).status;
    for (const path of ['/docs', '/docs/swagger-ui.css', '/openapi.json']) {
      expect([path, await status(path)]).toEqual([path, 200]);
    }
    for (const path of ['/Docs', '/docs/', '/docs/../health', '/docs/%2e%2e/health', '/docsx', '/openapi.json/']) {
      expect([path, await status(path)]).toEqual([path, 401]);
    }
    await service.stop();
  });
});

const ANOTHER = 'fndry-pk-00000000-0000-4000-8000-000000000000';
const bearer = (value: string) => ({ authorization: `Bearer ${value}` });

describe('B key formats and headers', () => {
  const cases: Case[] = [
    { id: 'B01', mode: 'K', headers: bearer(PK), is: granted },
    { id: 'B02', mode: 'K', headers: bearer(SK), is: granted },
    { id: 'B03', mode: 'K', headers: { 'api-key': PK }, is: granted },
    { id: 'B04 chat', mode: 'K', ...CHAT, headers: { 'X-API-KEY': PK }, is: granted },
    { id: 'B04 predict', mode: 'K', method: 'POST', path: '/v1/predict', headers: { 'X-API-KEY': PK }, is: granted },
    { id: 'B05 API-KEY', mode: 'K', headers: { 'API-KEY': PK }, is: granted },
    { id: 'B05 x-Api-Key', mode: 'K', headers: { 'x-Api-Key': PK }, is: granted },
    { id: 'B05 AUTHORIZATION', mode: 'K', headers: { AUTHORIZATION: `Bearer ${PK}` }, is: granted },
    { id: 'B06 bearer', mode: 'K', headers: { authorization: `bearer ${PK}` }, is: granted },
    { id: 'B06 BEARER', mode: 'K', headers: { authorization: `BEARER ${PK}` }, is: granted },
    { id: 'B07', mode: 'K', headers: { authorization: `Bearer   ${PK}` }, is: granted },
    { id: 'B10', mode: 'K', headers: bearer(ANOTHER), is: wrongKey },
    { id: 'B11', mode: 'K', headers: { 'api-key': `${PK.slice(0, -1)}c` }, is: wrongKey },
    { id: 'B12', mode: 'K', headers: { 'api-key': PK.toUpperCase() }, is: wrongKey },
    { id: 'B13', mode: 'K', headers: { 'api-key': '' }, is: missing },
    { id: 'B14', mode: 'K', headers: { authorization: 'Bearer' }, is: missing },
    { id: 'B15', mode: 'K', headers: { authorization: `Basic ${btoa(PK)}` }, is: missing },
    { id: 'B16', mode: 'K', headers: { authorization: PK }, is: missing },
    { id: 'B17', mode: 'K', path: `/health?api-key=${PK}`, is: missing },
    { id: 'B18 cookie', mode: 'K', headers: { cookie: `api-key=${PK}` }, is: missing },
    { id: 'B18 body', mode: 'K', ...CHAT, body: `{"access_token":"${PK}"}`, is: missing },
    { id: 'B19', mode: 'K', headers: { 'api-key': 'k'.repeat(8192) }, is: wrongKey },
    { id: 'B20', mode: 'K', headers: { 'api-key': 'schlüssel' }, is: wrongKey },
  ];
  it.each(cases)('$id', async ({ mode, is, ...request }) => {
    expect(await judge(mode, request)).toEqual(is);
  });

  it('B08 a key of 64 hexadecimal digits as Bearer never goes the way of a token', async () => {
    const service = await AuthService.start({ mode: 'B', issuer, keyFiles: { 'primary-key': HX } });
    const asked = issuer.requests.length;
    expect((await call(service.port, { headers: bearer(HX) })).status).toBe(200);
    expect(issuer.requests.length - asked).toBeLessThanOrEqual(2); // The fetch at the start, if it ends just now.
    await service.stop();
  });

  it('B10 = B11: one message for every wrong key', async () => {
    const texts = await Promise.all(
      [bearer(ANOTHER), { 'api-key': `${PK}x` }, { 'api-key': 'short' }].map(
        async (headers) => (await call(services.K.port, { headers })).text,
      ),
    );
    expect(new Set(texts).size).toBe(1);
  });

  it('B21 a token where only keys belong', async () => {
    const headers = { 'api-key': await issuer.mint() };
    expect(await judge('B', { headers })).toEqual(wrongKey);
  });
});

describe('C ambiguity and smuggling', () => {
  const cases: Case[] = [
    { id: 'C01', mode: 'B', headers: { ...bearer(PK), 'api-key': PK }, is: ambiguous },
    { id: 'C02', mode: 'B', headers: { ...bearer('junk'), 'api-key': PK }, is: ambiguous },
    { id: 'C04', mode: 'K', headers: { 'api-key': PK, 'X-API-KEY': PK }, is: ambiguous },
    {
      id: 'C06',
      mode: 'K',
      headers: [
        ['api-key', PK],
        ['api-key', PK],
      ],
      is: ambiguous,
    },
    {
      id: 'C06 authorization',
      mode: 'K',
      headers: [
        ['authorization', `Bearer ${PK}`],
        ['authorization', `Bearer ${SK}`],
      ],
      is: ambiguous,
    },
    { id: 'C07', mode: 'K', headers: { 'api-key': `${PK}, ${PK}` }, is: wrongKey },
    { id: 'C09', mode: 'B', headers: bearer(`${PK}, Bearer ${SK}`), is: wrongKey },
    { id: 'C09 trailing', mode: 'B', headers: bearer(`${PK} trailing`), is: wrongKey },
    { id: 'C10', mode: 'K', headers: { authorization: '', 'api-key': PK }, is: granted },
    { id: 'C11', mode: 'K', headers: { authorization: 'Basic x', 'api-key': PK }, is: ambiguous },
    { id: 'C12', mode: 'K', headers: { api_key: PK }, is: missing },
  ];
  it.each(cases)('$id', async ({ mode, is, ...request }) => {
    expect(await judge(mode, request)).toEqual(is);
  });

  it('C03 a valid token beside a valid key', async () => {
    const headers = { ...bearer(await issuer.mint()), 'X-API-KEY': PK };
    expect(await judge('B', { headers })).toEqual(ambiguous);
  });

  it.each([
    ['C13 folded line', `GET /health HTTP/1.1\r\nHost: x\r\napi-key: ${PK}\r\n ${PK}\r\n\r\n`, 400],
    ['C13 control byte', `GET /health HTTP/1.1\r\nHost: x\r\napi-key: ${PK}\x01\r\n\r\n`, 400],
    ['C13 NUL', `GET /health HTTP/1.1\r\nHost: x\r\napi-key: ${PK}\0\r\n\r\n`, 400],
    ['C14 too large', `GET /health HTTP/1.1\r\nHost: x\r\nx: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
  ])('%s', async (_, bytes, status) => {
    const { text, closed } = await exchangeRaw(services.K.port, bytes);
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(JSON.parse(text.slice(text.indexOf('\r\n\r\n')))).toMatchObject({ error: { param: null } });
    expect(closed).toBe(true);
    expect(await judge('K', { headers: { 'api-key': PK } })).toEqual(granted);
  });

  it('C15 two requests on one connection are two decisions', async () => {
    const request = (key: string) => `GET /health HTTP/1.1\r\nHost: x\r\napi-key: ${key}\r\n\r\n`;
    const { text } = await exchangeRaw(services.K.port, request(ANOTHER) + request(SK), /key:secondary/);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 401', 'HTTP/1.1 200']);
  });
});

describe('E modes', () => {
  it('E01 a token where only keys are accepted', async () => {
    const asked = issuer.requests.length;
    expect(await judge('K', { headers: bearer(await issuer.mint()) })).toEqual(wrongKey);
    expect(issuer.requests).toHaveLength(asked);
  });

  const cases: Case[] = [
    { id: 'E02 valid', mode: 'E', headers: bearer(PK), is: wrongKey },
    { id: 'E02 invalid', mode: 'E', headers: bearer(ANOTHER), is: wrongKey },
    { id: 'E02 no key form', mode: 'E', headers: bearer('junk'), is: refused(401, 'invalid_token') },
    { id: 'E03', mode: 'E', headers: { 'api-key': PK }, is: wrongKey },
    { id: 'E04 key', mode: 'B', headers: bearer(PK), is: granted },
  ];
  it.each(cases)('$id', async ({ mode, is, ...request }) => {
    expect(await judge(mode, request)).toEqual(is);
  });

  it('E04 token', async () => {
    expect(await judge('B', { headers: bearer(await issuer.mint()) })).toEqual(granted);
  });

  it.each([
    ['E05', { AUTH_API_KEY_ENABLED: 'false' }, ['AUTH_API_KEY_ENABLED', 'AUTH_ENTRA_ENABLED']],
    ['E06', { AUTH_ENTRA_ENABLED: 'true' }, ['ENTRA_TENANT_ID', 'ENTRA_CLIENT_ID']],
    ['E06 not a GUID', { AUTH_ENTRA_ENABLED: 'true', ENTRA_TENANT_ID: 'common', ENTRA_CLIENT_ID: 'x' }, ['a GUID']],
    ['E06 http', { AUTH_ENTRA_ENABLED: 'true', ENTRA_AUTHORITY: 'http://login.example' }, ['must be https']],
  ])('%s does not start', (_, environment, words) => {
    const attempt = () => readConfig(environment);
    expect(attempt).toThrow(ConfigError);
    for (const word of words) expect(attempt).toThrow(word);
  });

  it('E07 keys work while the issuer is down', async () => {
    const service = await AuthService.start({ mode: 'B' });
    expect((await call(service.port, { headers: { 'api-key': PK } })).status).toBe(200);
    await service.stop();
  });

  it('a key made for the run works without any file', async () => {
    const { KeyStore } = await import('../../src/auth/key-store.js');
    const service = await AuthService.start({ mode: 'K', environment: { API_KEYS_DIR: '' } });
    const key = service.app.get(KeyStore).generatedKey!;
    expect(key).toMatch(/^fndry-pk-[0-9a-f-]{36}$/);
    expect((await call(service.port, { headers: bearer(key) })).status).toBe(200);
    expect(service.log.lines.join('\n')).not.toContain(key);
    await service.stop();
  });

  it('the second lock holds when the first was never put in', async () => {
    const service = await AuthService.start({ mode: 'K', withoutMiddleware: true });
    expect(await verdict(service, {})).toEqual(missing);
    expect(await verdict(service, { headers: { 'api-key': ANOTHER } })).toEqual(wrongKey);
    expect((await call(service.port, { headers: { 'api-key': PK } })).status).toBe(200);
    await service.stop();
  });
});

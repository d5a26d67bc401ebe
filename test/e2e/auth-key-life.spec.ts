/** Keys that come, change and go: API key files (D) and signing keys (I) of the auth specification, on a manual clock. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GRACE_MS, REFRESH_MS } from '../../src/auth/key-store.js';
import { FAILURE_COOLDOWN_MS, RETRY_MS } from '../../src/auth/signing-key-store.js';
import { AuthService, PK, SK, type AuthServiceOptions } from '../support/auth-service.js';
import { granted, refused, verdict } from '../support/auth-verdict.js';
import { call } from '../support/http-exchange.js';
import { LocalIssuer } from '../support/local-issuer.js';
import { ManualClock } from '../support/manual-clock.js';

const HOUR_MS = 3_600_000;
const NEW = 'fndry-pk-ffffffff-7f3c-4d1a-9f0e-1c2d3e4f5a6b';
const wrongKey = refused(401, 'invalid_api_key');
const noKeys = refused(503, 'key_store_unavailable');
const badToken = refused(401, 'invalid_token');
const noValidation = refused(503, 'token_validation_unavailable');

let clock: ManualClock;
let service: AuthService;
const start = async (options: AuthServiceOptions) => (service = await AuthService.start({ ...options, clock }));
const withKey = (key: string) => verdict(service, { headers: { 'api-key': key } });

/** Lets time pass, and waits for what it set going: the store has then armed its next timer. */
async function pass(ms: number): Promise<void> {
  const { pending } = clock;
  clock.advance(ms);
  await vi.waitFor(() => expect(clock.pending).toBe(pending), 10_000);
}

beforeEach(() => {
  clock = new ManualClock();
});
afterEach(() => service.stop());

describe('D key files', () => {
  it('D01 D02 D03 a new primary key works after one refresh, the old one no more, the secondary all along', async () => {
    await start({ mode: 'K' });
    await service.writeKey('primary', NEW);
    expect([await withKey(PK), await withKey(NEW), await withKey(SK)]).toEqual([granted, wrongKey, granted]);
    await pass(REFRESH_MS);
    expect([await withKey(PK), await withKey(NEW), await withKey(SK)]).toEqual([wrongKey, granted, granted]);
    const change = service.log.lines.filter((line) => line.includes('The primary API key changed'));
    expect(change.at(-1)).toMatch(/: [0-9a-f]{8} → [0-9a-f]{8}/);
    expect(change).toHaveLength(2);
  });

  it.each(['\n', '\r\n', ' \t\n\n'])('D05 %j after the key', async (end) => {
    await start({ mode: 'K', keyFiles: { 'primary-key': `${PK}${end}` } });
    expect(await withKey(PK)).toEqual(granted);
  });

  it('D07 no files at the start: 503 until there is one', async () => {
    await start({ mode: 'K', keyFiles: {} });
    expect(await withKey(PK)).toEqual(noKeys);
    await service.writeKey('primary', PK);
    await pass(REFRESH_MS);
    expect(await withKey(PK)).toEqual(granted);
  });

  it('D08 the folder goes away: kept for a minute, then 503', async () => {
    await start({ mode: 'K' });
    await rm(service.keysDir, { recursive: true });
    await pass(10_000);
    expect(await withKey(PK)).toEqual(granted);
    await pass(GRACE_MS);
    expect([await withKey(PK), await withKey('wrong')]).toEqual([noKeys, noKeys]);
    expect(service.log.lines.filter((line) => line.includes('key file is gone'))).toHaveLength(2);
  });

  it('D09 one slot cannot be read: the other works, and it is told once', async () => {
    await start({ mode: 'K', keyFiles: { 'secondary-key': SK } });
    await mkdir(join(service.keysDir, 'primary-key'));
    for (let i = 0; i < 3; i += 1) await pass(REFRESH_MS);
    expect(await withKey(SK)).toEqual(granted);
    expect(service.log.lines.filter((line) => line.includes('cannot be used'))).toHaveLength(1);
  });

  it.each([
    ['10 MB', 'k'.repeat(10_000_000)],
    ['binary', '\u0000\u0001\u0002'],
    ['two lines', `${PK}\n${PK}`],
  ])('D10 a slot of %s is ignored', async (_, content) => {
    await start({ mode: 'K', keyFiles: { 'primary-key': content, 'secondary-key': SK } });
    expect(await withKey(SK)).toEqual(granted);
    expect(await withKey(content.slice(0, 40).replaceAll(/[^!-~]/g, 'x'))).toEqual(wrongKey);
    expect(service.log.lines.some((line) => line.startsWith('error The primary key file cannot be used'))).toBe(true);
  });

  it('an empty slot matches nothing', async () => {
    await start({ mode: 'K', keyFiles: { 'primary-key': '', 'secondary-key': SK } });
    expect([await withKey('""'), await withKey(SK)]).toEqual([wrongKey, granted]);
  });

  it('D12 requests across a rotation are granted or refused, never failed', async () => {
    await start({ mode: 'K' });
    await service.writeKey('primary', NEW);
    const keys = Array.from({ length: 300 }, (_, i) => [PK, NEW, SK][i % 3]);
    const outcomes = keys.map(async (key, i) => {
      if (i === 150) clock.advance(REFRESH_MS);
      return { key, status: (await withKey(key)).status };
    });
    const done = await Promise.all(outcomes);
    expect(done.filter(({ key, status }) => key === SK && status !== 200)).toEqual([]);
    expect(done.filter(({ status }) => status !== 200 && status !== 401)).toEqual([]);
  });
});

describe('I signing keys', () => {
  let issuer: LocalIssuer;
  const present = (token: string) => verdict(service, { headers: { authorization: `Bearer ${token}` } });
  beforeEach(async () => {
    issuer = await LocalIssuer.start();
  });
  afterEach(() => issuer.stop());

  it('I01 the issuer goes down: its keys stay good up to the age that is set', async () => {
    await start({ mode: 'E', issuer, environment: { ENTRA_KEYS_MAX_AGE_HOURS: '48' } });
    const token = await issuer.mint();
    expect(await present(token)).toEqual(granted);
    issuer.manner = 'error';
    await pass(25 * HOUR_MS);
    expect(await present(token)).toEqual(granted);
    await pass(24 * HOUR_MS);
    expect(await present(token)).toEqual(noValidation);
  });

  it('I02 down at the start: 503, and well again without a restart', async () => {
    issuer.manner = 'error';
    await start({ mode: 'E', issuer });
    const token = await issuer.mint();
    expect(await present(token)).toEqual(noValidation);
    issuer.manner = 'well';
    clock.advance(FAILURE_COOLDOWN_MS);
    expect(await present(token)).toEqual(granted);
  });

  it('I02 heals by itself too', async () => {
    issuer.manner = 'error';
    await start({ mode: 'E', issuer });
    await vi.waitFor(() => expect(clock.pending).toBe(1), 10_000);
    issuer.manner = 'well';
    await pass(RETRY_MS * 1.1);
    expect(issuer.count('keys')).toBe(1);
  });

  it('I03 a new key is fetched when a token names it, once', async () => {
    await start({ mode: 'E', issuer });
    expect(await present(await issuer.mint())).toEqual(granted);
    const second = await issuer.makeKey('second');
    issuer.published.push(second);
    const tokens = await Promise.all(Array.from({ length: 20 }, () => issuer.mint({}, second)));
    const verdicts = await Promise.all(tokens.map(present));
    expect(verdicts).toEqual(tokens.map(() => granted));
    expect(issuer.count('keys')).toBe(2);
  });

  it('I06 the key address hangs: known keys work, an unknown one is answered', async () => {
    await start({ mode: 'E', issuer });
    expect(await present(await issuer.mint())).toEqual(granted);
    issuer.manner = 'hang';
    const unknown = await issuer.mint({}, await issuer.makeKey('unknown'));
    const answer = call(service.port, { headers: { authorization: `Bearer ${unknown}` } });
    expect(await present(await issuer.mint())).toEqual(granted);
    expect(await answer).toMatchObject({ status: 503, code: 'token_validation_unavailable' });
  });

  it.each(['redirect', 'foreign'] as const)(
    'I07 %s: refused, logged, and the other host hears nothing',
    async (manner) => {
      const stranger = await LocalIssuer.start();
      issuer.manner = manner;
      issuer.elsewhere = stranger.authority;
      await start({ mode: 'E', issuer });
      expect(await present(await issuer.mint())).toEqual(noValidation);
      expect(stranger.requests).toEqual([]);
      expect(service.log.lines.some((line) => line.startsWith('warn The signing keys could not be fetched'))).toBe(
        true,
      );
      await stranger.stop();
    },
  );

  it('I08 a key that was withdrawn is good until the next refresh', async () => {
    const second = await issuer.makeKey('second');
    await start({ mode: 'E', issuer });
    const token = await issuer.mint();
    expect(await present(token)).toEqual(granted);
    issuer.published = [second];
    await pass(1.2 * HOUR_MS);
    expect(await present(token)).toEqual(badToken);
    expect(await present(await issuer.mint({}, second))).toEqual(granted);
  });

  it('I09 200 first requests at once: one discovery, one key set', async () => {
    issuer.manner = 'error';
    await start({ mode: 'E', issuer });
    const token = await issuer.mint();
    expect(await present(token)).toEqual(noValidation);
    issuer.manner = 'well';
    issuer.requests = [];
    clock.advance(FAILURE_COOLDOWN_MS);
    const statuses = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const headers = { authorization: `Bearer ${token}` };
        return (await call(service.port, { headers })).status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect([issuer.count('openid-configuration'), issuer.count('keys')]).toEqual([1, 1]);
  });
});

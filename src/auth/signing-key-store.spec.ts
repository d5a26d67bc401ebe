import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.js';
import type { IssuerMetadata } from './issuer-metadata.js';
import type { Refusal } from './refusal.js';
import { FAILURE_COOLDOWN_MS, RETRY_MS, SigningKeyStore, UNKNOWN_KEY_COOLDOWN_MS } from './signing-key-store.js';

const HOUR_MS = 3_600_000;
const MAX_AGE_MS = 24 * HOUR_MS;

/** What the issuer publishes; null: it cannot be reached. */
let published: string[] | null;
let fetches: number;
let clock: ManualClock;
let lines: string[];
let store: SigningKeyStore;

beforeEach(() => {
  published = ['a'];
  fetches = 0;
  clock = new ManualClock();
  lines = [];
  const keep = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const log = { error: keep('error'), warn: keep('warn'), log: keep('log'), debug: keep('debug') };
  const fetchMetadata = (): Promise<IssuerMetadata> => {
    fetches += 1;
    if (published === null) return Promise.reject(new Error('unreachable'));
    return Promise.resolve({ issuer: 'https://issuer', keys: new Map(published.map((id) => [id, `pem of ${id}`])) });
  };
  store = new SigningKeyStore({ fetchMetadata, maxAgeMs: MAX_AGE_MS, random: () => 0.5 }, clock, log);
});

const outcome = async (keyId: string) => {
  try {
    return (await store.keyFor(keyId)).pem;
  } catch (error) {
    const { code, retryAfterSeconds } = error as Refusal;
    return retryAfterSeconds === null ? code : `${code} ${retryAfterSeconds}`;
  }
};
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('SigningKeyStore', () => {
  it('fetches once for any number of first requests, and never for a known key', async () => {
    const all = await Promise.all(Array.from({ length: 200 }, () => outcome('a')));
    expect(new Set(all)).toEqual(new Set(['pem of a']));
    expect(await outcome('a')).toBe('pem of a');
    expect(fetches).toBe(1);
  });

  it('finds a new key with one more fetch', async () => {
    await outcome('a');
    published = ['a', 'b'];
    expect(await Promise.all([outcome('b'), outcome('b'), outcome('a')])).toEqual(['pem of b', 'pem of b', 'pem of a']);
    expect(fetches).toBe(2);
  });

  it('asks for unknown keys at most once in five minutes, whatever their number', async () => {
    await outcome('a');
    for (let i = 0; i < 50; i += 1) expect(await outcome(`junk ${i}`)).toBe('invalid_token');
    expect(fetches).toBe(2);
    clock.advance(UNKNOWN_KEY_COOLDOWN_MS);
    expect(await outcome('junk')).toBe('invalid_token');
    expect(fetches).toBe(3);
  });

  it('does not ask twice when the set was fetched for this very request', async () => {
    expect(await outcome('junk')).toBe('invalid_token');
    expect(fetches).toBe(1);
  });

  it('says 503 with the time to wait when nothing was ever fetched, and asks again after it', async () => {
    published = null;
    expect(await outcome('a')).toBe('token_validation_unavailable 10');
    clock.advance(FAILURE_COOLDOWN_MS - 2500);
    expect(await outcome('a')).toBe('token_validation_unavailable 3');
    expect(fetches).toBe(1);
    published = ['a'];
    clock.advance(2500);
    expect(await outcome('a')).toBe('pem of a');
  });

  it('cannot judge an unknown key while the issuer is down, and goes on with the known ones', async () => {
    await outcome('a');
    published = null;
    expect(await outcome('b')).toBe('token_validation_unavailable 10');
    expect(await outcome('b')).toBe('token_validation_unavailable 10');
    expect(await outcome('a')).toBe('pem of a');
    expect(fetches).toBe(2);
  });

  it('trusts a set up to its age, and no longer', async () => {
    await outcome('a');
    published = null;
    clock.advance(MAX_AGE_MS - 1);
    expect([await outcome('a'), store.available, store.ageSeconds]).toEqual([
      'pem of a',
      true,
      (MAX_AGE_MS - 1) / 1000,
    ]);
    clock.advance(1);
    expect([await outcome('a'), store.available]).toEqual(['token_validation_unavailable 10', false]);
  });

  it('refreshes hourly, sooner after a failure, and forgets withdrawn keys', async () => {
    store.start();
    await settle();
    published = ['b'];
    clock.advance(HOUR_MS - 1);
    expect(fetches).toBe(1);
    clock.advance(1);
    await settle();
    expect([fetches, await outcome('b')]).toEqual([2, 'pem of b']);
    published = null;
    clock.advance(HOUR_MS);
    await settle();
    clock.advance(RETRY_MS);
    await settle();
    expect([fetches, await outcome('b')]).toEqual([4, 'pem of b']);
    store.stop();
    expect(clock.pending).toBe(0);
  });

  it('does not go on when it is stopped during a fetch', async () => {
    store.start();
    store.stop();
    await settle();
    expect(clock.pending).toBe(0);
  });

  it('tells an outage once, and its end', async () => {
    store.start();
    await settle();
    published = null;
    for (let i = 0; i < 10; i += 1) {
      clock.advance(HOUR_MS);
      await settle();
    }
    published = ['a'];
    clock.advance(HOUR_MS);
    await settle();
    expect(lines).toEqual([
      'log Signing keys of https://issuer: a',
      'warn The signing keys could not be fetched: unreachable; those fetched 3600 s ago stay in use',
      'log Signing keys of https://issuer: a',
    ]);
    store.stop();
  });
});

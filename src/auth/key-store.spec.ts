import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.js';
import type { KeySource, SlotReading } from './key-source.js';
import { GRACE_MS, KeyStore, REFRESH_MS } from './key-store.js';
import type { Refusal } from './refusal.js';

const KEY = (value: string): SlotReading => ({ state: 'key', value });
const DISABLED: SlotReading = { state: 'disabled' };
const MISSING: SlotReading = { state: 'missing' };
const UNUSABLE: SlotReading = { state: 'unusable', why: 'EACCES' };
const ONE = `one-${'1'.repeat(40)}`;
const TWO = `two-${'2'.repeat(40)}`;
const THREE = `three-${'3'.repeat(40)}`;

/** A source that says what it is told to say. */
class ScriptedSource implements KeySource {
  generatedKey = null;
  primary: SlotReading = KEY(ONE);
  secondary: SlotReading = KEY(TWO);
  reads = 0;

  read() {
    this.reads += 1;
    return Promise.resolve({ primary: this.primary, secondary: this.secondary });
  }
}

let source: ScriptedSource;
let clock: ManualClock;
let lines: string[];
let store: KeyStore;
beforeEach(async () => {
  source = new ScriptedSource();
  clock = new ManualClock();
  lines = [];
  const keep = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  store = new KeyStore(source, clock, {
    error: keep('error'),
    warn: keep('warn'),
    log: keep('log'),
    debug: keep('debug'),
  });
  await store.start();
});

const outcome = (value: string) => {
  try {
    return store.verify(value).id.replace(/:[0-9a-f]{8}$/, '');
  } catch (error) {
    return (error as Refusal).code;
  }
};

describe('KeyStore', () => {
  it('knows both keys by slot, and nothing else', () => {
    expect([outcome(ONE), outcome(TWO), outcome(THREE)]).toEqual(['key:primary', 'key:secondary', 'invalid_api_key']);
    for (const near of [ONE.slice(0, -1), `${ONE} `, `${ONE}1`, ONE.toUpperCase(), '', '\0'.repeat(32)]) {
      expect([near, outcome(near)]).toEqual([near, 'invalid_api_key']);
      expect(store.isStored(near)).toBe(false);
    }
    expect([store.isStored(ONE), store.isStored(TWO)]).toEqual([true, true]);
  });

  it('gives a frozen principal that is the same each time and holds no key', () => {
    const principal = store.verify(ONE);
    expect(principal).toBe(store.verify(ONE));
    expect(Object.isFrozen(principal)).toBe(true);
    expect(principal).toEqual({ method: 'api_key', id: expect.stringMatching(/^key:primary:[0-9a-f]{8}$/) });
  });

  it('never takes a text for a key that it was not given', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        expect(outcome(value)).toBe('invalid_api_key');
      }),
    );
  });

  it('reads again every five seconds until it is stopped', async () => {
    for (let i = 0; i < 3; i += 1) {
      clock.advance(REFRESH_MS);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([source.reads, clock.pending]).toEqual([4, 1]);
    store.stop();
    clock.advance(REFRESH_MS);
    expect([source.reads, clock.pending]).toEqual([4, 0]);
  });

  it('swaps a key at once, and tells slot and fingerprints only', async () => {
    source.primary = KEY(THREE);
    await store.refresh();
    expect([outcome(ONE), outcome(THREE), outcome(TWO)]).toEqual(['invalid_api_key', 'key:primary', 'key:secondary']);
    expect(lines.at(-1)).toMatch(/^log The primary API key changed: [0-9a-f]{8} → [0-9a-f]{8}$/);
    expect(lines.join()).not.toMatch(/one-1|two-2|three-3/);
  });

  it('a disabled slot is off at once, without grace', async () => {
    source.primary = DISABLED;
    await store.refresh();
    expect([outcome(ONE), outcome(TWO)]).toEqual(['invalid_api_key', 'key:secondary']);
  });

  it.each([
    ['missing', MISSING],
    ['unusable', UNUSABLE],
  ])(
    'a slot that is %s keeps its key for the grace and not longer; the other slot does not care',
    async (_, reading) => {
      source.primary = reading;
      clock.advance(GRACE_MS - 1);
      await store.refresh();
      expect([outcome(ONE), outcome(TWO)]).toEqual(['key:primary', 'key:secondary']);
      clock.advance(1);
      await store.refresh();
      expect([outcome(ONE), outcome(TWO)]).toEqual(['invalid_api_key', 'key:secondary']);
    },
  );

  it('the grace starts when the key was last seen, not when it was first', async () => {
    clock.advance(10 * GRACE_MS);
    await store.refresh();
    source.primary = MISSING;
    clock.advance(GRACE_MS - 1);
    await store.refresh();
    expect(outcome(ONE)).toBe('key:primary');
  });

  it('says 503 when no slot is left, and recovers', async () => {
    source.primary = MISSING;
    source.secondary = MISSING;
    clock.advance(GRACE_MS);
    await store.refresh();
    expect([outcome(ONE), outcome(TWO), store.available]).toEqual([
      'key_store_unavailable',
      'key_store_unavailable',
      false,
    ]);
    source.secondary = KEY(TWO);
    await store.refresh();
    expect([outcome(ONE), outcome(TWO), store.available]).toEqual(['invalid_api_key', 'key:secondary', true]);
  });

  it('tells a lasting fault once, and again after it was gone', async () => {
    const faults = () => lines.filter((line) => line.startsWith('error')).length;
    source.primary = UNUSABLE;
    for (let i = 0; i < 5; i += 1) await store.refresh();
    expect(faults()).toBe(1);
    source.primary = KEY(ONE);
    await store.refresh();
    source.primary = UNUSABLE;
    await store.refresh();
    expect(faults()).toBe(2);
  });

  it('warns about short keys and about one key in both slots', async () => {
    source.primary = KEY('short');
    await store.refresh();
    expect(lines.some((line) => line.startsWith('warn The primary API key has only 5 characters'))).toBe(true);
    source.primary = KEY(TWO);
    await store.refresh();
    expect(lines.at(-1)).toContain('Both slots hold the same API key');
    expect(outcome(TWO)).toBe('key:primary');
  });
});

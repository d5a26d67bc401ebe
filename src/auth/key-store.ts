/**
 * The API keys that are good right now: two slots, refreshed every five seconds and swapped as a whole.
 *
 * It keeps digests, never keys. It does not know headers, and it knows requests only as values to judge.
 */
import type { Principal } from '../common/http/principal.js';
import type { Clock } from './clock.js';
import { digestOf, fingerprint, sameDigest } from './key-digest.js';
import { MAX_KEY_CHARS, SLOTS, VISIBLE_ASCII, type KeySource, type Slot, type SlotReading } from './key-source.js';
import { Refusal } from './refusal.js';
import type { RoomLog } from './room-log.js';

export const REFRESH_MS = 5000;
/** How long a key outlives its file: a Secret that is deleted and made again is briefly gone. */
export const GRACE_MS = 60_000;
/** Shorter keys can be guessed. */
const SHORT_KEY_CHARS = 32;
const RETRY_SECONDS = 5;

interface ActiveKey {
  digest: Buffer;
  principal: Principal;
  /** When its source last confirmed it. */
  confirmedAt: number;
}

type ActiveKeys = Readonly<Record<Slot, ActiveKey | null>>;

/** Compared with in place of a slot that holds no key, so that both slots always cost the same. It digests nothing. */
const NO_KEY = Buffer.alloc(32);

export class KeyStore {
  private active: ActiveKeys = { primary: null, secondary: null };
  /** The last words about each slot, so that a lasting fault is told once. */
  private readonly told: Partial<Record<Slot | 'both', string>> = {};
  private cancelTimer: (() => void) | null = null;
  private stopped = false;

  constructor(
    private readonly source: KeySource,
    private readonly clock: Clock,
    private readonly log: RoomLog,
  ) {}

  /** The key made for this run, to be printed once; null when keys come from files. */
  get generatedKey(): string | null {
    return this.source.generatedKey;
  }

  get available(): boolean {
    return SLOTS.some((slot) => this.active[slot] !== null);
  }

  /** Reads the keys for the first time and goes on doing so. */
  async start(): Promise<void> {
    await this.refresh();
    if (!this.stopped) this.cancelTimer = this.clock.after(REFRESH_MS, () => void this.start());
  }

  stop(): void {
    this.stopped = true;
    this.cancelTimer?.();
  }

  isStored(value: string): boolean {
    return this.match(value) !== null;
  }

  /** @throws Refusal `invalid_api_key`; `key_store_unavailable` while there is no key to compare with */
  verify(value: string): Principal {
    const key = this.match(value);
    if (key !== null) return key.principal;
    if (!this.available) throw new Refusal('key_store_unavailable', 'no key is loaded', RETRY_SECONDS);
    throw new Refusal('invalid_api_key', 'neither slot');
  }

  /** Looks at the source once. Never throws; whatever it found, both slots change together. */
  async refresh(): Promise<void> {
    const readings = await this.source.read();
    const next = {
      primary: this.nextKey('primary', readings.primary),
      secondary: this.nextKey('secondary', readings.secondary),
    };
    for (const slot of SLOTS) this.reportChange(slot, this.active[slot], next[slot]);
    this.active = next;
    this.reportState(next);
  }

  /** Both slots are compared in full, whether or not the first one matched. */
  private match(value: string): ActiveKey | null {
    const { primary, secondary } = this.active;
    const comparable = value.length <= MAX_KEY_CHARS && VISIBLE_ASCII.test(value);
    const presented = digestOf(comparable ? value : '');
    const isPrimary = sameDigest(presented, primary?.digest ?? NO_KEY);
    const isSecondary = sameDigest(presented, secondary?.digest ?? NO_KEY);
    return isPrimary ? primary : isSecondary ? secondary : null;
  }

  private nextKey(slot: Slot, reading: SlotReading): ActiveKey | null {
    const now = this.clock.now();
    const current = this.active[slot];
    if (reading.state === 'key') {
      this.tell(slot, null);
      return keepOrReplace(slot, current, reading.value, now, this.log);
    }
    if (reading.state === 'disabled') {
      this.tell(slot, null);
      return null;
    }
    const kept = current !== null && now - current.confirmedAt < GRACE_MS ? current : null;
    if (reading.state === 'unusable') {
      this.tell(slot, `The ${slot} key file cannot be used: ${reading.why}`);
    } else {
      this.tell(slot, current === null ? null : `The ${slot} key file is gone; its key is kept for a minute`);
    }
    return kept;
  }

  private reportChange(slot: Slot, before: ActiveKey | null, after: ActiveKey | null): void {
    if (before?.digest === after?.digest) return;
    const name = (key: ActiveKey | null) => (key === null ? 'none' : fingerprint(key.digest));
    this.log.log(`The ${slot} API key changed: ${name(before)} → ${name(after)}`);
  }

  private reportState({ primary, secondary }: ActiveKeys): void {
    if (primary === null && secondary === null) {
      this.tell('both', 'No API key is loaded: callers with a key get 503');
    } else if (primary !== null && secondary !== null && sameDigest(primary.digest, secondary.digest)) {
      this.tell('both', 'Both slots hold the same API key: rotation would stop every caller');
    } else this.tell('both', null);
  }

  /** Says a fault once, until it changes or ends. */
  private tell(about: Slot | 'both', words: string | null): void {
    if (words !== null && this.told[about] !== words) this.log.error(words);
    if (words === null) delete this.told[about];
    else this.told[about] = words;
  }
}

function keepOrReplace(slot: Slot, current: ActiveKey | null, value: string, now: number, log: RoomLog): ActiveKey {
  const digest = digestOf(value);
  if (current !== null && sameDigest(digest, current.digest)) return { ...current, confirmedAt: now };
  if (value.length < SHORT_KEY_CHARS) {
    log.warn(`The ${slot} API key has only ${value.length} characters: keys under ${SHORT_KEY_CHARS} can be guessed`);
  }
  const principal = Object.freeze({ method: 'api_key', id: `key:${slot}:${fingerprint(digest)}` } as const);
  return { digest, principal, confirmedAt: now };
}

/**
 * The issuer's signing keys, kept good through its outages: a set is replaced only by a valid one, refreshed hourly in
 * the background, and once more when a token names a key that is not in it.
 *
 * It does not know how the keys are fetched, nor what a token says.
 */
import type { Clock } from './clock.js';
import type { IssuerMetadata } from './issuer-metadata.js';
import { Refusal } from './refusal.js';
import type { RoomLog } from './room-log.js';

export interface SigningKeySettings {
  fetchMetadata: () => Promise<IssuerMetadata>;
  /** Beyond this age a set is trusted no more. */
  maxAgeMs: number;
  /** In [0, 1): spreads the refreshes of many services over time. */
  random: () => number;
}

export interface SigningKey {
  issuer: string;
  /** Public key in PEM form. */
  pem: string;
}

const HOUR_MS = 3_600_000;
export const RETRY_MS = 30_000;
/** Between two refreshes for unknown key ids: Microsoft's guidance is five minutes. */
export const UNKNOWN_KEY_COOLDOWN_MS = 300_000;
/** After a failed fetch, requests wait for the next one at most this often. */
export const FAILURE_COOLDOWN_MS = 10_000;

export class SigningKeyStore {
  private current: (IssuerMetadata & { fetchedAt: number }) | null = null;
  private inFlight: Promise<boolean> | null = null;
  /** When the last fetch failed; null when it did not. */
  private failedAt: number | null = null;
  /** When a fetch for an unknown key id last succeeded. */
  private askedAt: number | null = null;
  private toldFault: string | null = null;
  private cancelTimer: (() => void) | null = null;
  private stopped = false;

  constructor(
    private readonly settings: SigningKeySettings,
    private readonly clock: Clock,
    private readonly log: RoomLog,
  ) {}

  /** What tokens must name as their issuer; null before the first set. */
  get issuer(): string | null {
    return this.current?.issuer ?? null;
  }

  /** Null before the first set. */
  get ageSeconds(): number | null {
    return this.current === null ? null : (this.clock.now() - this.current.fetchedAt) / 1000;
  }

  get available(): boolean {
    return this.current !== null && this.clock.now() - this.current.fetchedAt < this.settings.maxAgeMs;
  }

  /** Fetches in the background from now on; the service need not wait for it. */
  start(): void {
    void this.refresh().then((fetched) => {
      if (this.stopped) return;
      const delay = fetched ? HOUR_MS : RETRY_MS;
      this.cancelTimer = this.clock.after(delay * (0.9 + 0.2 * this.settings.random()), () => this.start());
    });
  }

  stop(): void {
    this.stopped = true;
    this.cancelTimer?.();
  }

  /**
   * The key with this id, after at most one fetch.
   * @throws Refusal `invalid_token` for an id that the issuer does not publish; `token_validation_unavailable` when that
   * cannot be known
   */
  async keyFor(keyId: string): Promise<SigningKey> {
    const upToDate = !this.available;
    if (upToDate) await this.fetchForRequest();
    const known = this.lookUp(keyId);
    if (known !== null) return known;
    if (!upToDate && this.mayAskForUnknownKey()) {
      await this.fetchForRequest();
      this.askedAt = this.clock.now();
    }
    const published = this.lookUp(keyId);
    if (published !== null) return published;
    throw new Refusal('invalid_token', 'unknown signing key');
  }

  private lookUp(keyId: string): SigningKey | null {
    const pem = this.current?.keys.get(keyId);
    return pem === undefined || this.current === null ? null : { issuer: this.current.issuer, pem };
  }

  private mayAskForUnknownKey(): boolean {
    return this.askedAt === null || this.clock.now() - this.askedAt >= UNKNOWN_KEY_COOLDOWN_MS;
  }

  /** @throws Refusal `token_validation_unavailable` when there is no new set, or it is too early to ask again */
  private async fetchForRequest(): Promise<void> {
    const waitMs = this.failedAt === null ? 0 : this.failedAt + FAILURE_COOLDOWN_MS - this.clock.now();
    if (waitMs <= 0 && (await this.refresh())) return;
    const retrySeconds = Math.max(1, Math.ceil((waitMs > 0 ? waitMs : FAILURE_COOLDOWN_MS) / 1000));
    throw new Refusal('token_validation_unavailable', 'the signing keys could not be fetched', retrySeconds);
  }

  /** One fetch at a time: whoever comes while one runs shares its outcome. True when there is a new set. */
  private refresh(): Promise<boolean> {
    this.inFlight ??= this.fetchOnce().finally(() => (this.inFlight = null));
    return this.inFlight;
  }

  private async fetchOnce(): Promise<boolean> {
    try {
      const metadata = await this.settings.fetchMetadata();
      this.reportKeys(metadata);
      this.current = { ...metadata, fetchedAt: this.clock.now() };
      this.failedAt = null;
      this.toldFault = null;
      return true;
    } catch (error) {
      this.failedAt = this.clock.now();
      this.reportFault(faultOf(error));
      return false;
    }
  }

  private reportKeys(next: IssuerMetadata): void {
    const ids = [...next.keys.keys()].sort().join(', ');
    const before = this.current === null ? '' : [...this.current.keys.keys()].sort().join(', ');
    if (this.toldFault !== null || ids !== before) this.log.log(`Signing keys of ${next.issuer}: ${ids}`);
  }

  /** Told once per fault: a retry every half minute that fails the same way is no news. */
  private reportFault(fault: string): void {
    if (fault === this.toldFault) return;
    this.toldFault = fault;
    const age = this.ageSeconds;
    const consequence =
      age === null ? 'callers with a token get 503' : `those fetched ${Math.round(age)} s ago stay in use`;
    this.log.warn(`The signing keys could not be fetched: ${fault}; ${consequence}`);
  }
}

/** `fetch` hides what happened in the cause. */
function faultOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message}${cause}`;
}

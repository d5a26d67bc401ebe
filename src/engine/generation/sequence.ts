/**
 * One generation as the scheduler sees it: a prompt, what was generated, how far its cache row is filled.
 *
 * waiting → prefilling → decoding → ended; an abort or an error may end it from any state. It does not know slots'
 * contents, other sequences or the model.
 */
import type { EndReason, GenerationRequest, GenerationTimings } from '../protocol.js';
import type { Sampler } from '../sampling/sampler.js';

export type SequenceState = 'waiting' | 'prefilling' | 'decoding' | 'ended';

export interface SequenceParts {
  id: number;
  request: GenerationRequest;
  sampler: Sampler;
  /** These end the sequence and are not part of the answer. */
  stopTokens: ReadonlySet<number>;
  /** The most tokens it may generate. */
  limit: number;
  /** Milliseconds, on the engine's clock. */
  arrivedAtMs: number;
}

export class Sequence {
  readonly id: number;
  readonly promptIds: Int32Array;
  readonly cacheScope: string;
  readonly sampler: Sampler;
  readonly limit: number;
  readonly generated: number[] = [];

  state: SequenceState = 'waiting';
  slot: number | null = null;
  /** Tokens in its cache row: the prompt's first, then the generated ones but the last, which is yet to be fed. */
  filled = 0;
  /** Of the prompt, how many came from a retained prefix. */
  cachedTokens = 0;
  aborted = false;

  private readonly stopTokens: ReadonlySet<number>;
  private readonly arrivedAtMs: number;
  private admittedAtMs = 0;
  private firstTokenAtMs = 0;

  constructor(parts: SequenceParts) {
    this.id = parts.id;
    this.promptIds = parts.request.promptIds;
    this.cacheScope = parts.request.cacheScope;
    this.sampler = parts.sampler;
    this.limit = parts.limit;
    this.stopTokens = parts.stopTokens;
    this.arrivedAtMs = parts.arrivedAtMs;
  }

  get promptTokens(): number {
    return this.promptIds.length;
  }

  /** Prompt tokens not yet in the cache. */
  get remaining(): number {
    return Math.max(0, this.promptTokens - this.filled);
  }

  get lastToken(): number {
    return this.generated.at(-1)!;
  }

  admit(slot: number, cachedTokens: number, nowMs: number): void {
    this.state = 'prefilling';
    this.slot = slot;
    this.cachedTokens = cachedTokens;
    this.filled = cachedTokens;
    this.admittedAtMs = nowMs;
  }

  /** Takes the token that its last run gave. @returns why the sequence ends with it, or null when it goes on */
  accept(token: number, nowMs: number): EndReason | null {
    if (this.state === 'prefilling') {
      this.state = 'decoding';
      this.firstTokenAtMs = nowMs;
    }
    if (this.stopTokens.has(token)) return 'eos';
    this.generated.push(token);
    this.sampler.accept(token);
    return this.generated.length >= this.limit ? 'length' : null;
  }

  end(): void {
    this.state = 'ended';
    this.slot = null;
  }

  /** Milliseconds it waited until `admit`; 0 before. */
  get queueMs(): number {
    return Math.max(0, this.admittedAtMs - this.arrivedAtMs);
  }

  timings(nowMs: number): GenerationTimings {
    return {
      queueMs: this.queueMs,
      prefillMs: this.firstTokenAtMs - this.admittedAtMs,
      decodeMs: nowMs - this.firstTokenAtMs,
    };
  }

  /** The tokens of its valid cache rows: all, or those that prefill wrote. */
  heldTokens(withGenerated: boolean): Int32Array {
    if (!withGenerated || this.filled <= this.promptTokens) {
      return this.promptIds.subarray(0, Math.min(this.filled, this.promptTokens));
    }
    const ids = new Int32Array(this.filled);
    ids.set(this.promptIds);
    ids.set(this.generated.slice(0, this.filled - this.promptTokens), this.promptTokens);
    return ids;
  }
}

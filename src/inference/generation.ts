/**
 * What a room asks of a language model and what it hears back, in text: the server side's twin of the
 * engine's ids and tokens.
 */
import type { GenerationTimings, SamplingParameters } from '../engine/protocol.js';

export interface TextRequest {
  promptIds: Int32Array;
  sampling: SamplingParameters;
  /** Null: as much as the context leaves. */
  maxTokens: number | null;
  minTokens: number;
  ignoreEos: boolean;
  /** Up to 4 strings; the text ends before the first of them. */
  stop: string[];
  stopTokenIds: number[];
  /** Keep the stop string in the text. */
  includeStop: boolean;
  /** Who may share cached prompt rows with whom: a principal's id, or one plus the caller's salt. */
  cacheScope: string;
}

export interface Usage {
  promptTokens: number;
  cachedTokens: number;
  completionTokens: number;
}

export type TextEvent =
  /** The engine took the request: its prefill starts. Comes once, first. */
  | { kind: 'started' }
  /**
   * Whole characters only, never a part of a stop string. `tokens`: how many tokens this text settles; 0 for the rest of
   * a token whose beginning was sent before.
   */
  | { kind: 'text'; text: string; tokens: number }
  | {
      kind: 'end';
      finishReason: 'stop' | 'length';
      /** The stop string or token id that matched, else null. */
      matchedStop: string | number | null;
      usage: Usage;
      timings: GenerationTimings;
    };

export type ModelState = 'loading' | 'ready' | 'restarting' | 'failed';

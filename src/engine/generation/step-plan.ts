/**
 * One step of the engine as values: what will be run, and what came of it. Nothing here runs anything.
 *
 * A step decodes every decoding sequence by one token and prefills at most one chunk of one prompt. The decode runs
 * come first: the slot being prefilled may be an idle row in them, and writes where the chunk then overwrites.
 */
import type { SerializedError } from '../../common/errors/app-error.js';
import type { DecodeWindow } from './decoder.js';

export interface PrefillChunk {
  sequence: number;
  slot: number;
  /** A part of the prompt: `[pastLength, pastLength + tokens.length)`. */
  tokens: Int32Array;
  pastLength: number;
  /** Whether the prompt is complete with it, so that its logits give the first token. */
  last: boolean;
}

export interface DecodeRun {
  window: DecodeWindow;
  /** Which sequence each row of the window belongs to; null for an idle row. */
  sequences: (number | null)[];
}

export interface StepPlan {
  decode: DecodeRun[];
  prefill: PrefillChunk | null;
}

/** What one run gave one sequence. `advanced`: a chunk that was not the last. */
export type SequenceResult =
  | { kind: 'token'; token: number }
  | { kind: 'advanced' }
  | { kind: 'failed'; error: SerializedError };

export interface SequenceOutcome {
  sequence: number;
  result: SequenceResult;
}

export interface StepOutcome {
  /** One for every sequence in the plan, decode rows first, in the plan's order. */
  results: SequenceOutcome[];
  /** Runs of the decoder that gave a result, and those that threw. */
  runs: { succeeded: number; failed: number };
}

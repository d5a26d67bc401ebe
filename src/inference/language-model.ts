/**
 * A loaded language model as the rooms see it: a manifest, a tokenizer, a state and one verb.
 *
 * `inference.service.ts` hands these out; the chat room's tests use a scripted twin of this interface.
 */
import type { LoadReport } from '../engine/protocol.js';
import type { ChatManifest } from './catalog/manifest.js';
import type { ModelState, TextEvent, TextRequest } from './generation.js';
import type { Tokenizer } from './tokenizer/tokenizer.js';

export interface LanguageModel {
  readonly manifest: ChatManifest;
  readonly tokenizer: Tokenizer;
  readonly state: ModelState;
  /** Why the state is what it is, for a person; null when it is `ready`. */
  readonly reason: string | null;
  /** What loading found; null until the engine is ready for the first time. */
  readonly report: LoadReport | null;
  /** Tokens one sequence may hold, prompt and answer together. */
  readonly capacity: number;
  /** Changes when the model's files or the engine do: `fp_` and twelve hex digits. */
  readonly fingerprint: string;

  /**
   * Runs one request. Aborting the signal, or leaving the loop, frees its slot within two steps.
   * @throws AppError `queue_full`, `context_length_exceeded`, `model_loading`, `model_failed`, `shutting_down`
   *   before the first event; `engine_restarted`, `deadline_exceeded` at any time; for a fault of the engine an `Error`
   *   whose words are not for callers
   */
  generate(request: TextRequest, signal: AbortSignal): AsyncIterable<TextEvent>;
}

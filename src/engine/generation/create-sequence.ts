/**
 * From a request to a sequence: the last check of what crossed the seam, and the rules of ending.
 *
 * The server validated already; what is refused here would otherwise crash a run or damage another sequence.
 */
import { AppError } from '../../common/errors/app-error.js';
import type { GenerationRequest } from '../protocol.js';
import { Sampler } from '../sampling/sampler.js';
import type { SamplingWorkspace } from '../sampling/selection.js';
import { Sequence } from './sequence.js';

export interface SequenceContext {
  /** Tokens a slot can hold. */
  capacity: number;
  eosTokenIds: readonly number[];
  /** Shared by all sequences of an engine: one row is sampled at a time. */
  workspace: SamplingWorkspace;
}

/**
 * The answer is limited by `maxTokens` and by what the prompt leaves of the capacity. The last token is never fed, so a
 * row holds at most capacity − 1 tokens, and an idle row always has one position left to write to.
 * @throws AppError `invalid_value` or `context_length_exceeded`
 */
export function createSequence(
  id: number,
  request: GenerationRequest,
  context: SequenceContext,
  arrivedAtMs: number,
): Sequence {
  const { capacity, eosTokenIds, workspace } = context;
  checkPrompt(request.promptIds, workspace.vocabSize, capacity);
  if (request.maxTokens < 1) {
    throw new AppError('invalid_value', `maxTokens must be at least 1, got ${request.maxTokens}`, {
      param: 'max_tokens',
    });
  }
  checkTokenIds(request.sampling.logitBias, ([token]) => token, workspace.vocabSize, 'logit_bias');
  checkTokenIds(request.stopTokenIds, (token) => token, workspace.vocabSize, 'stop_token_ids');
  // A caller who ignores end-of-sequence wants text instead of it: the token is masked, not printed.
  const masked = {
    always: request.ignoreEos ? eosTokenIds : [],
    early: [...eosTokenIds, ...request.stopTokenIds],
    minTokens: request.minTokens,
  };
  return new Sequence({
    id,
    request,
    sampler: new Sampler(request.sampling, request.promptIds, masked, workspace),
    stopTokens: new Set(request.ignoreEos ? request.stopTokenIds : masked.early),
    limit: Math.min(request.maxTokens, capacity - request.promptIds.length),
    arrivedAtMs,
  });
}

function checkPrompt(promptIds: Int32Array, vocabSize: number, capacity: number): void {
  if (promptIds.length === 0) throw new AppError('invalid_value', 'the prompt has no tokens');
  if (promptIds.length >= capacity) {
    const message = `the prompt has ${promptIds.length} tokens; with room for one more, at most ${capacity - 1} fit`;
    throw new AppError('context_length_exceeded', message);
  }
  const bad = promptIds.find((token) => token < 0 || token >= vocabSize);
  if (bad !== undefined)
    throw new AppError('invalid_value', `the prompt has token ${bad}; the model knows 0 to ${vocabSize - 1}`);
}

function checkTokenIds<T>(items: readonly T[], idOf: (item: T) => number, vocabSize: number, param: string): void {
  for (const item of items) {
    const token = idOf(item);
    if (Number.isInteger(token) && token >= 0 && token < vocabSize) continue;
    throw new AppError('invalid_value', `${param} has token ${token}; the model knows 0 to ${vocabSize - 1}`, {
      param,
    });
  }
}

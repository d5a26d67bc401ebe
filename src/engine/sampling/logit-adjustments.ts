/**
 * What a request changes about its logits before anything is chosen: bias, penalties, tokens that may not come yet.
 *
 * It touches only the ids concerned, never the whole vocabulary. It does not choose a token.
 *
 * Order: logit_bias, repetition, frequency and presence, masks. It is vLLM's (bias is part of what the caller says
 * the model's opinion is, so penalties see it); masks come last so that no bias can undo them.
 */
import type { SamplingParameters } from '../protocol.js';

/** Ids that may not come: `always`, or `early`, before `minTokens` tokens were generated. */
export interface MaskedIds {
  always: readonly number[];
  early: readonly number[];
  minTokens: number;
}

export class LogitAdjustments {
  /** Generated tokens only: how often each came. The OpenAI penalties count the answer, not the prompt. */
  private readonly counts = new Map<number, number>();
  /** Prompt and generated ids, for the repetition penalty; null when it is off. */
  private readonly seen: Set<number> | null;
  private generated = 0;

  constructor(
    private readonly parameters: SamplingParameters,
    promptIds: Int32Array,
    private readonly masked: MaskedIds,
  ) {
    this.seen = parameters.repetitionPenalty === 1 ? null : new Set(promptIds);
  }

  /** @param logits `[vocab]`, changed in place */
  apply(logits: Float32Array): void {
    for (const [token, bias] of this.parameters.logitBias) logits[token] += bias;
    this.applyRepetition(logits);
    this.applyFrequencyAndPresence(logits);
    for (const token of this.masked.always) logits[token] = -Infinity;
    if (this.generated < this.masked.minTokens) for (const token of this.masked.early) logits[token] = -Infinity;
  }

  /** Takes note of a token that became part of the answer. */
  record(token: number): void {
    this.generated += 1;
    this.seen?.add(token);
    if (this.parameters.presencePenalty === 0 && this.parameters.frequencyPenalty === 0) return;
    this.counts.set(token, (this.counts.get(token) ?? 0) + 1);
  }

  /** Keskar et al., "CTRL" (2019), as transformers has it: a positive logit is divided, a negative one multiplied. */
  private applyRepetition(logits: Float32Array): void {
    if (this.seen === null) return;
    const penalty = this.parameters.repetitionPenalty;
    for (const token of this.seen) {
      const logit = logits[token];
      logits[token] = logit > 0 ? logit / penalty : logit * penalty;
    }
  }

  /** OpenAI: logit −= count · frequency_penalty + (count > 0) · presence_penalty. */
  private applyFrequencyAndPresence(logits: Float32Array): void {
    const { presencePenalty, frequencyPenalty } = this.parameters;
    for (const [token, count] of this.counts) logits[token] -= count * frequencyPenalty + presencePenalty;
  }
}

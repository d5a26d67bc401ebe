/** Token counts and times of an ended generation, as the wire has them. */
import type { TextEvent, Usage } from '../../inference/generation.js';

type End = Extract<TextEvent, { kind: 'end' }>;

export function usageBody(usage: Usage) {
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedTokens },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
}

/** `tokens_per_second`: of the decode stage, which makes every token but the first; null with fewer than two. */
export function timingsBody(end: End) {
  const { queueMs, prefillMs, decodeMs } = end.timings;
  const decoded = end.usage.completionTokens - 1;
  return {
    queue_ms: rounded(queueMs),
    prefill_ms: rounded(prefillMs),
    decode_ms: rounded(decodeMs),
    tokens_per_second: decoded > 0 && decodeMs > 0 ? rounded((decoded * 1000) / decodeMs) : null,
  };
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

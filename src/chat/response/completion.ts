/** A generation that has ended, as one `chat.completion` object. */
import type { TextEvent } from '../../inference/generation.js';
import type { AnswerHead } from './answer-head.js';
import type { ChatCompletion } from './response-schemas.js';
import { timingsBody, usageBody } from './usage.js';

type End = Extract<TextEvent, { kind: 'end' }>;

export interface Completion {
  text: string;
  end: End;
}

/** Reads a generation to its end. @throws whatever the generation throws */
export async function collect(events: AsyncIterable<TextEvent>): Promise<Completion> {
  let text = '';
  for await (const event of events) {
    if (event.kind === 'text') text += event.text;
    if (event.kind === 'end') return { text, end: event };
  }
  throw new Error('The generation ended without saying so.');
}

export function completionBody(
  head: AnswerHead,
  { text, end }: Completion,
  metadata: Record<string, string> | null,
): ChatCompletion {
  return {
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    system_fingerprint: head.systemFingerprint,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text, refusal: null },
        logprobs: null,
        finish_reason: end.finishReason,
        stop_reason: end.matchedStop,
      },
    ],
    usage: usageBody(end.usage),
    timings: timingsBody(end),
    ...(metadata === null ? {} : { metadata }),
  };
}

/** The stages as a browser's network panel reads them. */
export function serverTiming({ end }: Completion): string {
  const { queueMs, prefillMs, decodeMs } = end.timings;
  return `queue;dur=${queueMs.toFixed(1)}, prefill;dur=${prefillMs.toFixed(1)}, decode;dur=${decodeMs.toFixed(1)}`;
}

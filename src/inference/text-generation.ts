/**
 * Token ids from the engine → text for the rooms: whole characters, stop strings found and held back, usage counted.
 *
 * It does not know the engine process (it reads a sequence of events) or the model (it gets a detokenizer).
 */
import type { StepEvent } from '../engine/protocol.js';
import type { TextEvent, TextRequest, Usage } from './generation.js';
import type { StopMatcher } from './tokenizer/stop-matcher.js';
import type { TextStream } from './tokenizer/text-stream.js';

type EndEvent = Extract<StepEvent, { kind: 'end' }>;

/** Reads until the end or the first stop string; the caller then aborts whatever still runs. */
export async function* textEvents(
  steps: AsyncIterable<StepEvent>,
  request: TextRequest,
  stream: TextStream,
  stops: StopMatcher,
): AsyncGenerator<TextEvent, void, undefined> {
  const usage: Usage = { promptTokens: request.promptIds.length, cachedTokens: 0, completionTokens: 0 };
  const clock = new StageClock();
  /** Tokens whose text has not been sent yet. */
  let unsettled = 0;
  for await (const step of steps) {
    switch (step.kind) {
      case 'started':
        usage.cachedTokens = step.cachedTokens;
        clock.started(step.queueMs);
        yield { kind: 'started' };
        break;
      case 'token': {
        clock.token();
        usage.completionTokens += 1;
        unsettled += 1;
        const { text, matched } = stops.push(stream.push(step.token));
        if (text !== '') {
          yield { kind: 'text', text, tokens: unsettled };
          unsettled = 0;
        }
        if (matched !== null) {
          yield { kind: 'end', finishReason: 'stop', matchedStop: matched, usage, timings: clock.timings() };
          return;
        }
        break;
      }
      case 'end': {
        const text = stops.push(stream.end()).text + stops.end();
        if (text !== '') yield { kind: 'text', text, tokens: unsettled };
        const { matched } = stops;
        yield {
          kind: 'end',
          finishReason: matched === null && step.reason === 'length' ? 'length' : 'stop',
          matchedStop: matched ?? matchedToken(step, request),
          usage: { ...usage, cachedTokens: step.cachedTokens },
          timings: step.timings,
        };
        return;
      }
      case 'error':
        // The engine client has already turned it into a failure of `steps`.
        break;
      default:
        step satisfies never;
    }
  }
}

/** The caller's own stop token is reported; a model's end-of-sequence is not. */
function matchedToken(end: EndEvent, request: TextRequest): number | null {
  return end.stopToken !== null && request.stopTokenIds.includes(end.stopToken) ? end.stopToken : null;
}

/** Times of a request that ends on this side of the seam, where the engine's own are not known. */
class StageClock {
  private queueMs = 0;
  private startedAt = performance.now();
  private firstTokenAt: number | null = null;

  started(queueMs: number): void {
    this.queueMs = queueMs;
    this.startedAt = performance.now();
  }

  token(): void {
    this.firstTokenAt ??= performance.now();
  }

  timings() {
    const now = performance.now();
    const firstTokenAt = this.firstTokenAt ?? now;
    return { queueMs: this.queueMs, prefillMs: firstTokenAt - this.startedAt, decodeMs: now - firstTokenAt };
  }
}

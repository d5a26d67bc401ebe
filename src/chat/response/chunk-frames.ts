/**
 * The events of one streamed answer as text. A token costs one small `JSON.stringify`: everything that all chunks share
 * is put together once.
 *
 * It does not know the connection, and keeps no state but what the chunks share.
 */
import type { AppError } from '../../common/errors/app-error.js';
import { errorBody } from '../../common/errors/error-body.js';
import type { TextEvent } from '../../inference/generation.js';
import type { AnswerHead } from './answer-head.js';
import { timingsBody, usageBody } from './usage.js';

type End = Extract<TextEvent, { kind: 'end' }>;

export const DONE_FRAME = 'data: [DONE]\n\n';

export class ChunkFrames {
  private readonly head: string;
  private readonly tail: string;
  private readonly textHead: string;
  private readonly textTail: string;

  /** @param includeUsage OpenAI's rule: then every chunk before the usage chunk says `usage: null` */
  constructor(
    head: AnswerHead,
    private readonly includeUsage: boolean,
  ) {
    const shared = JSON.stringify({
      id: head.id,
      object: 'chat.completion.chunk',
      created: head.created,
      model: head.model,
      system_fingerprint: head.systemFingerprint,
    });
    this.head = `data: ${shared.slice(0, -1)},"choices":`;
    this.tail = `${includeUsage ? ',"usage":null' : ''}}\n\n`;
    this.textHead = `${this.head}[{"index":0,"delta":{"content":`;
    this.textTail = `},"logprobs":null,"finish_reason":null}]${this.tail}`;
  }

  role(): string {
    return `${this.head}[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]${this.tail}`;
  }

  text(text: string): string {
    return this.textHead + JSON.stringify(text) + this.textTail;
  }

  /** The finish chunk and, when asked for, the usage chunk. */
  end(end: End): string {
    const choice = {
      index: 0,
      delta: {},
      logprobs: null,
      finish_reason: end.finishReason,
      stop_reason: end.matchedStop,
    };
    const timings = `,"timings":${JSON.stringify(timingsBody(end))}`;
    const finish = `${this.head}[${JSON.stringify(choice)}]${timings}${this.tail}`;
    if (!this.includeUsage) return finish;
    return `${finish}${this.head}[],"usage":${JSON.stringify(usageBody(end.usage))}}\n\n`;
  }

  /** After the first event a failure can only be told as an event; clients raise on its `error` key. */
  static error(error: AppError): string {
    return `data: ${JSON.stringify(errorBody(error))}\n\n`;
  }
}

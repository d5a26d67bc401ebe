/**
 * A generation as a stream of server-sent events, in the order clients expect: role, text, finish, usage, `[DONE]`;
 * after a failure on the way: one error event, `[DONE]`.
 */
import type { AppError } from '../../common/errors/app-error.js';
import type { EventStream } from '../../common/http/sse.js';
import type { TextEvent } from '../../inference/generation.js';
import { ChunkFrames, DONE_FRAME } from './chunk-frames.js';

/**
 * @param tellable turns what is not an `AppError` into one that may be told, and records the rest
 * @throws what the generation throws while the response is still unsent, so that it keeps its status
 */
export async function streamChat(
  events: AsyncIterable<TextEvent>,
  stream: EventStream,
  frames: ChunkFrames,
  signal: AbortSignal,
  tellable: (error: unknown) => AppError,
): Promise<void> {
  try {
    for await (const event of events) {
      if (!stream.write(frameOf(event, frames))) await stream.drained(signal);
    }
  } catch (error) {
    if (!stream.started) {
      stream.release();
      throw error;
    }
    if (!stream.clientGone) stream.end(ChunkFrames.error(tellable(error)) + DONE_FRAME);
    return;
  }
  stream.end(DONE_FRAME);
}

function frameOf(event: TextEvent, frames: ChunkFrames): string {
  switch (event.kind) {
    case 'started':
      return frames.role();
    case 'text':
      return frames.text(event.text);
    case 'end':
      return frames.end(event);
    default:
      return event satisfies never;
  }
}

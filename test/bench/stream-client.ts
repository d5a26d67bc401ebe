/** One streaming request, seen by a client with a clock. */
import type { RunningServer } from '../support/running-server.js';
import { readStream } from '../support/sse-client.js';

export interface TimedStream {
  sentAt: number;
  /** When each text came. With one token a text, as for this model's English, these are token times. */
  textAt: number[];
  promptTokens: number;
  completionTokens: number;
}

let salt = 0;

/** Greedy, to the full length, and without any reuse of an earlier prompt. */
export async function timedStream(server: RunningServer, content: string, tokens: number): Promise<TimedStream> {
  salt += 1;
  const timed: TimedStream = { sentAt: performance.now(), textAt: [], promptTokens: 0, completionTokens: 0 };
  const response = await server.chat({
    messages: [{ role: 'user', content }],
    max_tokens: tokens,
    temperature: 0,
    ignore_eos: true,
    stream: true,
    stream_options: { include_usage: true },
    cache_salt: String(salt),
  });
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  await readStream(response, (chunk) => {
    if (chunk.choices?.[0]?.delta.content) timed.textAt.push(performance.now());
    if (chunk.usage) {
      timed.promptTokens = chunk.usage.prompt_tokens;
      timed.completionTokens = chunk.usage.completion_tokens;
    }
    if (chunk.error) throw new Error(chunk.error.message);
  });
  return timed;
}

/** Tokens per second from the first token to the last. */
export function decodeRate(stream: TimedStream): number {
  return ((stream.completionTokens - 1) * 1000) / (stream.textAt.at(-1)! - stream.textAt[0]);
}

/** Tokens per second of all streams together, while all of them decode. */
export function togetherRate(streams: TimedStream[]): number {
  const from = Math.max(...streams.map((stream) => stream.textAt[0]));
  const to = Math.min(...streams.map((stream) => stream.textAt.at(-1)!));
  const texts = streams.reduce((sum, { textAt }) => sum + textAt.filter((at) => at > from && at <= to).length, 0);
  const perText = sum(streams, (s) => s.completionTokens) / sum(streams, (s) => s.textAt.length);
  return (texts * perText * 1000) / (to - from);
}

function sum(streams: TimedStream[], of: (stream: TimedStream) => number): number {
  return streams.reduce((total, stream) => total + of(stream), 0);
}

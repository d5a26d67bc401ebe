/**
 * One streaming request, seen by a client with a clock. It shares the cores with what it measures, so it does as little
 * as it can while the answer comes: it notes times, and reads what it has kept when the stream has ended.
 */
import { request } from 'node:http';
import { API_KEY, type RunningServer } from '../support/running-server.js';
import type { ChatChunk } from '../support/sse-client.js';

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
  const body = JSON.stringify({
    messages: [{ role: 'user', content }],
    max_tokens: tokens,
    temperature: 0,
    ignore_eos: true,
    stream: true,
    stream_options: { include_usage: true },
    cache_salt: String(salt),
  });
  const sentAt = performance.now();
  const pieces = await readPieces(`${server.baseUrl}/v1/chat/completions`, body);
  const timed: TimedStream = { sentAt, textAt: [], promptTokens: 0, completionTokens: 0 };
  for (const { at, text } of pieces) {
    for (const [, data] of text.matchAll(/^data: (\{.*\})$/gm)) {
      const chunk = JSON.parse(data) as ChatChunk;
      if (chunk.error) throw new Error(chunk.error.message);
      if (chunk.choices?.[0]?.delta.content) timed.textAt.push(at);
      timed.promptTokens = chunk.usage?.prompt_tokens ?? timed.promptTokens;
      timed.completionTokens = chunk.usage?.completion_tokens ?? timed.completionTokens;
    }
  }
  return timed;
}

/** What came from the socket and when; every piece of this service's streams holds whole events. */
function readPieces(url: string, body: string): Promise<{ at: number; text: string }[]> {
  const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const sending = request(url, { method: 'POST', headers }, (response) => {
      const pieces: { at: number; bytes: Buffer }[] = [];
      response.on('data', (bytes: Buffer) => pieces.push({ at: performance.now(), bytes }));
      response.on('end', () => resolve(pieces.map(({ at, bytes }) => ({ at, text: bytes.toString() }))));
      response.on('error', reject);
    });
    sending.on('error', reject);
    sending.end(body);
  });
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

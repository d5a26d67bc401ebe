import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../common/errors/app-error.js';
import { ChunkFrames } from './chunk-frames.js';
import { ChatCompletionChunk } from './response-schemas.js';

const head = { id: 'chatcmpl-1', created: 1_700_000_000, model: 'a "model":1', systemFingerprint: 'fp_1' };
const end = {
  kind: 'end' as const,
  finishReason: 'length' as const,
  matchedStop: null,
  usage: { promptTokens: 5, cachedTokens: 2, completionTokens: 3 },
  timings: { queueMs: 0.1234567, prefillMs: 10, decodeMs: 20 },
};

/** The values of the events in a piece of stream. */
function values(frames: string): Record<string, unknown>[] {
  expect(frames.endsWith('\n\n')).toBe(true);
  return frames
    .slice(0, -2)
    .split('\n\n')
    .map((event) => {
      expect(event).toMatch(/^data: [^\n\r]*$/);
      return JSON.parse(event.slice('data: '.length)) as Record<string, unknown>;
    });
}

describe('ChunkFrames', () => {
  it('gives every chunk the same head, and the schema’s shape', () => {
    for (const includeUsage of [true, false]) {
      const frames = new ChunkFrames(head, includeUsage);
      for (const chunk of values(frames.role() + frames.text('hi') + frames.end(end))) {
        expect(ChatCompletionChunk.strict().parse(chunk)).toEqual(chunk);
        expect(chunk).toMatchObject({ id: 'chatcmpl-1', model: 'a "model":1', system_fingerprint: 'fp_1' });
      }
    }
  });

  it('says usage once, after null on every chunk before; or not at all', () => {
    const asked = new ChunkFrames(head, true);
    const chunks = values(asked.role() + asked.text('hi') + asked.end(end));
    expect(chunks.map((chunk) => chunk.usage)).toEqual([
      null,
      null,
      null,
      {
        prompt_tokens: 5,
        completion_tokens: 3,
        total_tokens: 8,
        prompt_tokens_details: { cached_tokens: 2 },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
    ]);
    expect(chunks.at(-1)!.choices).toEqual([]);
    const unasked = new ChunkFrames(head, false);
    for (const chunk of values(unasked.role() + unasked.text('hi') + unasked.end(end))) {
      expect(chunk).not.toHaveProperty('usage');
    }
  });

  it('carries any text unharmed, in one line', () => {
    const frames = new ChunkFrames(head, false);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const [chunk] = values(frames.text(text));
        expect(chunk.choices).toEqual([{ index: 0, delta: { content: text }, logprobs: null, finish_reason: null }]);
      }),
    );
  });

  it('tells a failure with all four fields, and the speed of what ended well', () => {
    expect(values(ChunkFrames.error(new AppError('engine_restarted', 'gone')))).toEqual([
      { error: { message: 'gone', type: 'server_error', param: null, code: 'engine_restarted' } },
    ]);
    const [finish] = values(new ChunkFrames(head, false).end(end));
    expect(finish.timings).toEqual({ queue_ms: 0.123, prefill_ms: 10, decode_ms: 20, tokens_per_second: 100 });
  });
});

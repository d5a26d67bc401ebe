import { describe, expect, it } from 'vitest';
import type { EndReason, StepEvent } from '../engine/protocol.js';
import type { TextEvent, TextRequest } from './generation.js';
import { textEvents } from './text-generation.js';
import { StopMatcher } from './tokenizer/stop-matcher.js';
import { TextStream } from './tokenizer/text-stream.js';
import type { Tokenizer } from './tokenizer/tokenizer.js';

/** Token n stands for byte n; 0 is special. */
const bytes: Tokenizer = {
  vocabSize: 256,
  specialTokens: [],
  encode: (text) => Promise.resolve(Int32Array.from(Buffer.from(text))),
  tokenBytes: (id) => (id === 0 ? new Uint8Array() : Uint8Array.of(id)),
  isSpecial: (id) => id === 0,
};

const timings = { queueMs: 1, prefillMs: 2, decodeMs: 3 };

async function* steps(text: string, reason: EndReason, stopToken: number | null = null): AsyncGenerator<StepEvent> {
  const tokens = [...Buffer.from(text)];
  yield { kind: 'started', id: 1, cachedTokens: 2, queueMs: 1 };
  for (const token of tokens) yield { kind: 'token', id: 1, token };
  const counts = { promptTokens: 3, cachedTokens: 2, completionTokens: tokens.length };
  yield { kind: 'end', id: 1, reason, stopToken, ...counts, timings };
}

async function read(
  source: AsyncIterable<StepEvent>,
  { stop = [], stopTokenIds = [] }: { stop?: string[]; stopTokenIds?: number[] } = {},
) {
  const request = { promptIds: Int32Array.of(1, 2, 3), stop, stopTokenIds } as unknown as TextRequest;
  const events: TextEvent[] = [];
  const stops = new StopMatcher(stop, { include: false });
  for await (const event of textEvents(source, request, new TextStream(bytes), stops)) events.push(event);
  const texts = events.flatMap((event) => (event.kind === 'text' ? [event] : []));
  return { texts, text: texts.map((event) => event.text).join(''), end: events.at(-1) };
}

describe('textEvents', () => {
  it('gives whole characters, counts every token once, and ends as the engine ended', async () => {
    const { texts, text, end } = await read(steps('aé🙂', 'length'));
    expect(text).toBe('aé🙂');
    expect(texts.map((event) => event.tokens)).toEqual([1, 2, 4]);
    expect(end).toEqual({
      kind: 'end',
      finishReason: 'length',
      matchedStop: null,
      usage: { promptTokens: 3, cachedTokens: 2, completionTokens: 7 },
      timings,
    });
  });

  it('ends before a stop string, counting the tokens that made it', async () => {
    const { text, end } = await read(steps('hello END more', 'eos'), { stop: ['END'] });
    expect(text).toBe('hello ');
    expect(end).toMatchObject({ finishReason: 'stop', matchedStop: 'END', usage: { completionTokens: 9 } });
  });

  it('reports a stop string that only the end of the text settles', async () => {
    const { text, end } = await read(steps('abc', 'length'), { stop: ['abcde', 'bc'] });
    expect(text).toBe('a');
    expect(end).toMatchObject({ finishReason: 'stop', matchedStop: 'bc' });
  });

  it('gives back held text when it was no stop string after all', async () => {
    const { text, end } = await read(steps('the EN', 'eos', 2), { stop: ['END'] });
    expect(text).toBe('the EN');
    expect(end).toMatchObject({ finishReason: 'stop', matchedStop: null });
  });

  it('counts no token for the held rest of one whose beginning was sent', async () => {
    const words: Tokenizer = { ...bytes, tokenBytes: (id) => Buffer.from(['The end.\n', 'x'][id - 1] ?? '') };
    const request = { promptIds: Int32Array.of(1), stop: ['\nUser:'], stopTokenIds: [] } as unknown as TextRequest;
    const source = steps('\u0001', 'eos');
    const events: TextEvent[] = [];
    const stops = new StopMatcher(request.stop, { include: false });
    for await (const event of textEvents(source, request, new TextStream(words), stops)) events.push(event);
    expect(events.slice(1, -1)).toEqual([
      { kind: 'text', text: 'The end.', tokens: 1 },
      { kind: 'text', text: '\n', tokens: 0 },
    ]);
  });

  it("reports the caller's stop token and not the model's own", async () => {
    expect((await read(steps('a', 'eos', 7), { stopTokenIds: [7] })).end).toMatchObject({ matchedStop: 7 });
    expect((await read(steps('a', 'eos', 2), { stopTokenIds: [7] })).end).toMatchObject({ matchedStop: null });
  });
});

import { describe, expect, it } from 'vitest';
import { ChatCompletionRequest } from './chat-request.js';
import { ignoredHeader, ignoredParameters } from './ignored-parameters.js';

function ignored(fields: Record<string, unknown>): string[] {
  const body = { messages: [{ role: 'user', content: 'Hello' }], ...fields };
  return ignoredParameters(body, ChatCompletionRequest.parse(body));
}

describe('ignoredParameters', () => {
  it('is empty when everything has an effect or asks for nothing', () => {
    expect(ignored({})).toEqual([]);
    expect(ignored({ temperature: 1, n: 1, tools: null, user: null, unheard_of: null, stop: ['a'] })).toEqual([]);
  });

  it('names fields that are not known, at any level, once', () => {
    const messages: unknown[] = [
      { role: 'user', content: [{ type: 'text', text: 'a', cache_control: {} }], foo: 1 },
      { role: 'assistant', content: 'b', foo: 2, tool_calls: [] },
      { role: 'user', content: 'c', constructor: { prototype: 1 } },
    ];
    expect(ignored({ messages, bar: { baz: 1 }, stream: true, stream_options: { every: 5 } })).toEqual([
      'messages.*.content.*.cache_control',
      'messages.*.foo',
      'messages.*.constructor',
      'bar',
      'stream_options.every',
    ]);
  });

  it('stops looking once there are more than a header tells', () => {
    expect(ignored(Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`f${index}`, 1])))).toHaveLength(33);
  });

  it('names fields that are accepted for compatibility only', () => {
    const fields = { user: 'u', verbosity: 'low', stream: true, stream_options: { include_obfuscation: false } };
    expect(ignored(fields)).toEqual(['stream_options.include_obfuscation', 'user', 'verbosity']);
  });

  it('names max_tokens when max_completion_tokens wins', () => {
    expect(ignored({ max_tokens: 4 })).toEqual([]);
    expect(ignored({ max_tokens: 4, max_completion_tokens: 4 })).toEqual(['max_tokens']);
  });

  it('names metadata that nothing echoes or reads', () => {
    expect(ignored({ metadata: { a: 'b' } })).toEqual([]);
    expect(ignored({ metadata: { a: 'b' }, stream: true })).toEqual(['metadata']);
    expect(ignored({ metadata: { top_k: '4' }, stream: true })).toEqual([]);
  });
});

describe('ignoredHeader', () => {
  it('is absent when there is nothing to tell', () => {
    expect(ignoredHeader([])).toBeNull();
  });

  it('holds plain characters only, and a bounded number of them', () => {
    expect(ignoredHeader(['a.b', 'x\r\nset-cookie: y', 'ü,🙂'])).toBe('a.b, x__set-cookie__y, ____');
    const many = Array.from({ length: 5000 }, (_, index) => `${'n'.repeat(100)}${index}`);
    const header = ignoredHeader(many)!;
    expect(header.length).toBeLessThan(4096);
    expect(header).toMatch(/, and-more$/);
  });
});

import { describe, expect, it } from 'vitest';
import type { GenerationRequest } from '../protocol.js';
import { SamplingWorkspace } from '../sampling/selection.js';
import { createSequence } from './create-sequence.js';

const CONTEXT = { capacity: 16, eosTokenIds: [1], workspace: new SamplingWorkspace(8) };
const GREEDY = {
  temperature: 0,
  topP: 1,
  topK: 0,
  minP: 0,
  presencePenalty: 0,
  frequencyPenalty: 0,
  repetitionPenalty: 1,
  logitBias: [] as [number, number][],
  seed: null,
};

function create(parts: Partial<GenerationRequest>) {
  const request: GenerationRequest = {
    promptIds: Int32Array.of(2, 3, 4),
    sampling: GREEDY,
    maxTokens: 4,
    minTokens: 0,
    ignoreEos: false,
    stopTokenIds: [],
    cacheScope: '',
    ...parts,
  };
  return createSequence(1, request, CONTEXT, 0);
}

/** A row in which token `best` is the likeliest and `second` the next. */
function row(best: number, second: number): Float32Array {
  const logits = new Float32Array(8);
  logits[best] = 9;
  logits[second] = 5;
  return logits;
}

describe('createSequence', () => {
  it.each<{ name: string; parts: Partial<GenerationRequest>; code: string }>([
    { name: 'an empty prompt', parts: { promptIds: new Int32Array(0) }, code: 'invalid_value' },
    {
      name: 'a prompt without room for a token',
      parts: { promptIds: new Int32Array(16) },
      code: 'context_length_exceeded',
    },
    { name: 'a prompt id beyond the vocabulary', parts: { promptIds: Int32Array.of(2, 8) }, code: 'invalid_value' },
    { name: 'a negative prompt id', parts: { promptIds: Int32Array.of(-1, 2) }, code: 'invalid_value' },
    { name: 'no tokens wanted', parts: { maxTokens: 0 }, code: 'invalid_value' },
    {
      name: 'a bias beyond the vocabulary',
      parts: { sampling: { ...GREEDY, logitBias: [[8, 1]] } },
      code: 'invalid_value',
    },
    { name: 'a stop id beyond the vocabulary', parts: { stopTokenIds: [8] }, code: 'invalid_value' },
  ])('refuses $name', ({ parts, code }) => {
    expect(() => create(parts)).toThrow(expect.objectContaining({ code }));
  });

  it('limits the answer by maxTokens and by the capacity', () => {
    expect(create({}).limit).toBe(4);
    expect(create({ maxTokens: 100 }).limit).toBe(13);
  });

  it('ends at an end-of-sequence and at a stop token', () => {
    for (const token of [1, 6]) {
      const sequence = create({ stopTokenIds: [6] });
      sequence.admit(0, 0, 0);
      expect(sequence.accept(token, 0)).toBe('eos');
      expect(sequence.generated).toEqual([]);
    }
  });

  it('ignoreEos: end-of-sequence never comes, a stop token still ends', () => {
    const sequence = create({ ignoreEos: true, stopTokenIds: [6] });
    expect(sequence.sampler.sample(row(1, 3))).toBe(3);
    sequence.admit(0, 0, 0);
    expect(sequence.accept(6, 0)).toBe('eos');
  });

  it('minTokens: neither end-of-sequence nor a stop token comes before that many tokens', () => {
    const sequence = create({ minTokens: 1, stopTokenIds: [6] });
    expect(sequence.sampler.sample(row(1, 3))).toBe(3);
    expect(sequence.sampler.sample(row(6, 3))).toBe(3);
    sequence.admit(0, 0, 0);
    expect(sequence.accept(3, 0)).toBeNull();
    expect(sequence.sampler.sample(row(1, 3))).toBe(1);
  });
});

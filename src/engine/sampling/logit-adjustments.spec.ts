import { describe, expect, it } from 'vitest';
import type { SamplingParameters } from '../protocol.js';
import { LogitAdjustments, type MaskedIds } from './logit-adjustments.js';

const OFF: SamplingParameters = {
  temperature: 1,
  topP: 1,
  topK: 0,
  minP: 0,
  presencePenalty: 0,
  frequencyPenalty: 0,
  repetitionPenalty: 1,
  logitBias: [],
  seed: null,
};
const NO_MASK: MaskedIds = { always: [], early: [], minTokens: 0 };

/** What becomes of `logits` after a prompt of ids 0 and 1 and these generated tokens. */
function adjusted(logits: number[], parameters: Partial<SamplingParameters>, generated: number[], masked = NO_MASK) {
  const adjustments = new LogitAdjustments({ ...OFF, ...parameters }, Int32Array.of(0, 1), masked);
  for (const token of generated) adjustments.record(token);
  const row = Float32Array.from(logits);
  adjustments.apply(row);
  return [...row];
}

describe('LogitAdjustments', () => {
  it('changes nothing when everything is off', () => {
    expect(adjusted([1, -2, 3], {}, [0, 2, 2])).toEqual([1, -2, 3]);
  });

  it('frequency_penalty: once per time that a generated token came; the prompt does not count', () => {
    expect(adjusted([4, 4, 4, 4], { frequencyPenalty: 0.5 }, [2, 3, 2, 2])).toEqual([4, 4, 2.5, 3.5]);
  });

  it('presence_penalty: once for a generated token, however often it came', () => {
    expect(adjusted([4, 4, 4, 4], { presencePenalty: 1.5 }, [2, 3, 2, 2])).toEqual([4, 4, 2.5, 2.5]);
  });

  it('negative penalties reward', () => {
    expect(adjusted([0, 0, 0], { presencePenalty: -1, frequencyPenalty: -0.25 }, [2, 2])).toEqual([0, 0, 1.5]);
  });

  it('repetition_penalty: divides what is positive and multiplies what is negative, prompt included', () => {
    expect(adjusted([4, -4, 4, -4], { repetitionPenalty: 2 }, [2])).toEqual([2, -8, 2, -4]);
  });

  it('logit_bias comes first, then repetition, then frequency and presence', () => {
    const parameters = { logitBias: [[2, 3]] as [number, number][], repetitionPenalty: 2, presencePenalty: 0.5 };
    // (1 + 3) / 2 − 0.5
    expect(adjusted([0, 0, 1], parameters, [2])).toEqual([0, 0, 1.5]);
  });

  it('masks some ids always and some until minTokens tokens were generated; no bias undoes it', () => {
    const masked = { always: [0], early: [1], minTokens: 2 };
    const bias = {
      logitBias: [
        [0, 100],
        [1, 100],
      ] as [number, number][],
    };
    expect(adjusted([1, 1, 1], bias, [2], masked)).toEqual([-Infinity, -Infinity, 1]);
    expect(adjusted([1, 1, 1], bias, [2, 2], masked)).toEqual([-Infinity, 101, 1]);
  });
});

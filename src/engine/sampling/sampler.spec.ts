import { describe, expect, it } from 'vitest';
import type { SamplingParameters } from '../protocol.js';
import { NO_TOKEN } from './argmax.js';
import { Sampler } from './sampler.js';
import { SamplingWorkspace } from './selection.js';

const GREEDY: SamplingParameters = {
  temperature: 0,
  topP: 1,
  topK: 0,
  minP: 0,
  presencePenalty: 0,
  frequencyPenalty: 0,
  repetitionPenalty: 1,
  logitBias: [],
  seed: null,
};
const NO_MASK = { always: [], early: [], minTokens: 0 };
const VOCAB = 100;
const workspace = new SamplingWorkspace(VOCAB);

function sampler(
  parameters: Partial<SamplingParameters>,
  masked = NO_MASK as { always: number[]; early: number[]; minTokens: number },
) {
  return new Sampler({ ...GREEDY, ...parameters }, Int32Array.of(1, 2), masked, workspace);
}

const logits = Float32Array.from({ length: VOCAB }, (_, i) => Math.sin(i * 12.9898) * 3);

/** Tokens of twenty steps over the same row; `between` runs between two of them. */
function sequence(of: Sampler, between: () => void = () => undefined): number[] {
  return Array.from({ length: 20 }, () => {
    const token = of.sample(logits.slice());
    of.accept(token);
    between();
    return token;
  });
}

describe('Sampler', () => {
  it('takes the largest logit at temperature 0, the lowest id among equals', () => {
    expect(sampler({}).sample(Float32Array.of(1, 5, 2, 5))).toBe(1);
  });

  it('takes bias and penalties into account at temperature 0', () => {
    const row = () => Float32Array.of(1, 5, 4, 0);
    expect(sampler({ logitBias: [[3, 6]] }).sample(row())).toBe(3);
    const penalised = sampler({ frequencyPenalty: 2 });
    penalised.accept(penalised.sample(row()));
    expect(penalised.sample(row())).toBe(2);
  });

  it('never takes a masked token at temperature 0', () => {
    const masked = { always: [1], early: [2], minTokens: 1 };
    const one = sampler({}, masked);
    expect(one.sample(Float32Array.of(1, 5, 4, 0))).toBe(0);
    one.accept(0);
    expect(one.sample(Float32Array.of(1, 5, 4, 0))).toBe(2);
  });

  it.each([
    { name: 'temperature alone', parameters: { temperature: 1.5 } },
    { name: 'top_k', parameters: { temperature: 1, topK: 40 } },
    { name: 'top_p', parameters: { temperature: 1, topP: 0.9 } },
  ])('$name: a seed gives the same tokens in any company, another seed others', ({ parameters }) => {
    const alone = sequence(sampler({ ...parameters, seed: 5n }));
    const neighbour = sampler({ temperature: 2, topK: 7, seed: 99n });
    const inCompany = sequence(sampler({ ...parameters, seed: 5n }), () =>
      neighbour.accept(neighbour.sample(logits.slice())),
    );
    expect(inCompany).toEqual(alone);
    expect(sequence(sampler({ ...parameters, seed: 6n }))).not.toEqual(alone);
    expect(new Set(alone).size).toBeGreaterThan(3);
  });

  it('uses all 64 bits of a seed', () => {
    const high = sequence(sampler({ temperature: 1, seed: 2n ** 63n + 5n }));
    expect(high).not.toEqual(sequence(sampler({ temperature: 1, seed: 5n })));
    expect(high).toEqual(sequence(sampler({ temperature: 1, seed: 2n ** 63n + 5n })));
  });

  it('draws a seed of its own when none is given', () => {
    const two = [sampler({ temperature: 1.5 }), sampler({ temperature: 1.5 })].map((s) => sequence(s));
    expect(two[0]).not.toEqual(two[1]);
  });

  it('sampling twice without accepting gives the same token: nothing has happened yet', () => {
    const one = sampler({ temperature: 1, seed: 1n });
    expect(one.sample(logits.slice())).toBe(one.sample(logits.slice()));
  });

  it.each([0, 1])('says so when the row holds NaN (temperature %i)', (temperature) => {
    expect(sampler({ temperature, seed: 1n }).sample(logits.with(50, Number.NaN))).toBe(NO_TOKEN);
  });
});

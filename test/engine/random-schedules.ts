/**
 * Random histories for the engine loop: who arrives when, with what, and who leaves early; all from one number.
 *
 * Time is counted in ticks: one before each step and one in the middle of each run, so arrivals and aborts also
 * hit a run under way. It makes values only; `play-schedule.ts` plays them.
 */
import type { GenerationRequest, PrefixCacheMode, SamplingParameters } from '../../src/engine/protocol.js';

export interface ScheduledRequest {
  id: number;
  request: GenerationRequest;
  arrivesAt: number;
  /** Null: stays to the end. */
  abortsAt: number | null;
}

export interface Schedule {
  slots: number;
  prefixCache: PrefixCacheMode;
  prefillChunk: { busy: number; idle: number };
  requests: ScheduledRequest[];
  /** Ticks at which a run throws. */
  failuresAt: number[];
}

/** A small deterministic generator (mulberry32): whole numbers and choices from a seed. */
export class Dice {
  constructor(private state: number) {}

  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 0x100000000;
  }

  /** From `low` to `high`, both included. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  pick<T>(items: readonly T[]): T {
    return items[this.whole(0, items.length - 1)];
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }
}

export const GREEDY: SamplingParameters = {
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

const SAMPLINGS: SamplingParameters[] = [
  GREEDY,
  GREEDY,
  { ...GREEDY, temperature: 1, seed: 7n },
  { ...GREEDY, temperature: 0.7, topK: 5, topP: 0.9, seed: 2n ** 64n - 1n },
  { ...GREEDY, temperature: 1.3, topP: 0.8, minP: 0.05, presencePenalty: 0.5, frequencyPenalty: 0.7, seed: 1n },
  { ...GREEDY, repetitionPenalty: 1.4, logitBias: [[3, 2]] },
];

export interface PromptShape {
  /** Prompts are cuts of these with up to two ids of their own behind: so that prefixes are shared. */
  prompts: readonly Int32Array[];
  vocabSize: number;
  mostPromptTokens: number;
  mostNewTokens: number;
}

export interface ScheduleShape {
  nextRequest: (dice: Dice) => GenerationRequest;
  mostRequests: number;
  leastSlots: number;
  mostSlots: number;
  prefixModes: readonly PrefixCacheMode[];
  chunkSizes: readonly number[];
  /** Whether runs may throw now and then. */
  failures: boolean;
}

export function randomSchedule(seed: number, shape: ScheduleShape): Schedule {
  const dice = new Dice(seed);
  const count = dice.whole(1, shape.mostRequests);
  const calm = dice.chance(0.5);
  const requests: ScheduledRequest[] = [];
  let arrivesAt = 0;
  for (let id = 1; id <= count; id += 1) {
    const abortsAt = dice.chance(calm ? 0.1 : 0.4) ? arrivesAt + dice.whole(0, 12) : null;
    requests.push({ id, request: shape.nextRequest(dice), arrivesAt, abortsAt });
    arrivesAt += dice.chance(0.5) ? 0 : dice.whole(0, 8);
  }
  const failing = shape.failures && dice.chance(0.1);
  return {
    slots: dice.whole(shape.leastSlots, shape.mostSlots),
    prefixCache: dice.pick(shape.prefixModes),
    prefillChunk: { busy: dice.pick(shape.chunkSizes), idle: dice.pick(shape.chunkSizes) },
    requests,
    failuresAt: failing ? [dice.whole(1, 30), dice.whole(1, 30)] : [],
  };
}

export function randomRequest(dice: Dice, shape: PromptShape): GenerationRequest {
  const base = dice.pick(shape.prompts);
  const cut = dice.whole(1, Math.min(base.length, shape.mostPromptTokens - 2));
  const own = Array.from({ length: dice.whole(0, 2) }, () => dice.whole(0, shape.vocabSize - 1));
  return {
    promptIds: Int32Array.from([...base.subarray(0, cut), ...own]),
    sampling: dice.pick(SAMPLINGS),
    maxTokens: dice.whole(1, shape.mostNewTokens),
    minTokens: dice.chance(0.2) ? dice.whole(1, 4) : 0,
    ignoreEos: dice.chance(0.3),
    stopTokenIds: dice.chance(0.2) ? [dice.whole(0, shape.vocabSize - 1)] : [],
    cacheScope: dice.chance(0.8) ? 'a' : 'b',
  };
}

/** What a request's tokens may depend on, as one string; not who may share its cached rows. */
export function requestKey(request: GenerationRequest): string {
  const { promptIds, sampling, maxTokens, minTokens, ignoreEos, stopTokenIds } = request;
  return [promptIds, Object.values(sampling), maxTokens, minTokens, ignoreEos, stopTokenIds].map(String).join('|');
}

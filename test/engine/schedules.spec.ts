/**
 * The law, on the scripted decoder: whatever the history, a request gets the tokens it gets alone, and every rule of
 * `invariants.ts` holds after every step. 10,000 random schedules, 100,000 with INGOT_SOAK=full.
 */
import { describe, expect, it } from 'vitest';
import { ScriptedDecoder } from '../support/scripted-decoder.js';
import {
  listDifferences,
  listForeignHits,
  playAlone,
  playSchedule,
  type PlayedDecoder,
  type RequestResult,
} from './play-schedule.js';
import {
  Dice,
  randomRequest,
  randomSchedule,
  requestKey,
  type PromptShape,
  type ScheduleShape,
} from './random-schedules.js';

const SCHEDULES = process.env.INGOT_SOAK === 'full' ? 100_000 : 10_000;
const VOCAB = 24;
const CAPACITY = 32;
const EOS = [0];

const dice = new Dice(1);
const ids = (count: number) => Int32Array.from({ length: count }, () => dice.whole(0, VOCAB - 1));
const promptShape: PromptShape = {
  prompts: [ids(22), ids(22), ids(5)],
  vocabSize: VOCAB,
  mostPromptTokens: 22,
  mostNewTokens: 10,
};
const shape: ScheduleShape = {
  nextRequest: (of) => randomRequest(of, promptShape),
  mostRequests: 8,
  leastSlots: 1,
  mostSlots: 8,
  prefixModes: ['off', 'prompt', 'prompt'],
  chunkSizes: [2, 3, 5, 8, 64],
  failures: true,
};

function scripted(slots: number): PlayedDecoder {
  let midRun = () => undefined as void;
  const onRun = () => midRun();
  return {
    decoder: new ScriptedDecoder({ slots, capacity: CAPACITY, vocabSize: VOCAB, onRun }),
    setMidRun: (f) => (midRun = f),
  };
}

/** Each distinct request is played alone once. */
const solo = new Map<string, RequestResult>();

describe('random schedules on the scripted decoder', () => {
  it(`${SCHEDULES} histories: same tokens as alone, no violation after any step`, { timeout: 600_000 }, async () => {
    const failures: string[] = [];
    let steps = 0;
    let cached = 0;
    for (let seed = 1; seed <= SCHEDULES; seed += 1) {
      const schedule = randomSchedule(seed, shape);
      for (const { request } of schedule.requests) {
        const key = requestKey(request);
        if (!solo.has(key)) solo.set(key, await playAlone(request, scripted(1), EOS));
      }
      // Both as on hardware where rows agree, and as where a run needs two.
      const options = { minPrefixHit: 2, fewestRows: 1 + (seed % 2) };
      const played = await playSchedule(schedule, scripted(schedule.slots), EOS, options);
      const alone = (id: number) => solo.get(requestKey(schedule.requests[id - 1].request))!;
      const differences = listDifferences(schedule, played, alone);
      const wrong = [...played.violations, ...differences, ...listForeignHits(schedule, played)];
      for (const what of wrong.slice(0, 5)) failures.push(`schedule ${seed}: ${what}`);
      if (failures.length > 0) break;
      steps += played.steps;
      for (const { end } of played.results.values()) cached += end?.cachedTokens ?? 0;
    }
    expect(failures).toEqual([]);
    // Histories that never share a step or a prefix would prove nothing.
    expect(steps).toBeGreaterThan(SCHEDULES * 5);
    expect(cached).toBeGreaterThan(SCHEDULES);
  });
});

/**
 * The law, on a real model: whatever the history, a request gets the tokens and, bit for bit, the logits that it gets
 * alone. 20 random schedules; 200 with INGOT_SOAK=full.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Decoder } from '../../src/engine/generation/decoder.js';
import { loadDecoder } from '../../src/engine/generation/load-decoder.js';
import { fewestAgreeingRows } from '../../src/engine/generation/row-agreement.js';
import type { EngineOptions } from '../../src/engine/protocol.js';
import { CHAT_MODEL, hasChatModel } from '../support/real-model.js';
import {
  listDifferences,
  listForeignHits,
  playAlone,
  playSchedule,
  type PlayedDecoder,
  type RequestResult,
} from './play-schedule.js';
import { Dice, randomRequest, randomSchedule, requestKey, type ScheduleShape } from './random-schedules.js';
import { SMOLLM2, SMOLLM2_OPTIONS } from './smollm2.js';

const FULL = process.env.INGOT_SOAK === 'full';
const SCHEDULES = FULL ? 200 : 20;
/** So few distinct requests that each is played alone only once. */
const DISTINCT_REQUESTS = 30;
const EOS = SMOLLM2.eosTokenIds;
// Two threads spin for one another: beside other test processes that is slower than one.
const OPTIONS: EngineOptions = { ...SMOLLM2_OPTIONS, threads: FULL ? 2 : 1 };

describe.skipIf(!hasChatModel)('random schedules on a real model', () => {
  let model: Decoder;

  beforeAll(async () => {
    process.env.ORT_DISABLE_TELEMETRY = '1';
    ({ decoder: model } = await loadDecoder(SMOLLM2, OPTIONS, process.env.ORT_DISABLE_TELEMETRY));
  });
  afterAll(() => model.dispose());

  /** The model with its first `slots` slots only, and a word in the middle of each run. */
  function firstSlots(slots: number): PlayedDecoder {
    let midRun = () => undefined as void;
    const between = async (run: Promise<Float32Array>) => {
      const logits = await run;
      midRun();
      return logits;
    };
    const { capacity, vocabSize } = model;
    const decoder: Decoder = {
      slots,
      capacity,
      vocabSize,
      prefill: (slot, tokens, pastLength) => between(model.prefill(slot, tokens, pastLength)),
      decode: (window) => between(model.decode(window)),
      dispose: () => undefined,
    };
    return { decoder, setMidRun: (f) => (midRun = f) };
  }

  it(`${SCHEDULES} histories: same tokens and same bits as alone`, { timeout: 900_000 }, async () => {
    const { cases } = JSON.parse(readFileSync(`${CHAT_MODEL}/goldens.json`, 'utf8')) as {
      cases: { prompt_ids: number[] }[];
    };
    const prompts = cases.map((c) => Int32Array.from(c.prompt_ids));
    const dice = new Dice(2);
    const promptShape = { prompts, vocabSize: SMOLLM2.vocabSize, mostPromptTokens: 40, mostNewTokens: 10 };
    const pool = Array.from({ length: DISTINCT_REQUESTS }, () => randomRequest(dice, promptShape));
    const fewestRows = (await fewestAgreeingRows(model))!;
    const options = { minPrefixHit: 4, hashLogits: true, fewestRows };
    const solo = new Map<string, RequestResult>();
    for (const request of pool) {
      solo.set(requestKey(request), await playAlone(request, firstSlots(2), EOS, options));
    }

    const shape: ScheduleShape = {
      nextRequest: (of) => of.pick(pool),
      mostRequests: 7,
      // A single slot has no company to agree with, so it may run single rows that others do not.
      leastSlots: 2,
      mostSlots: 8,
      prefixModes: ['prompt'],
      chunkSizes: [2, 3, 7, 16, 32, 64],
      failures: true,
    };
    const failures: string[] = [];
    let cached = 0;
    let rows = 0;
    for (let seed = 1; seed <= SCHEDULES && failures.length === 0; seed += 1) {
      const schedule = randomSchedule(seed, shape);
      const played = await playSchedule(schedule, firstSlots(schedule.slots), EOS, options);
      const alone = (id: number) => solo.get(requestKey(schedule.requests[id - 1].request))!;
      const wrong = [
        ...played.violations,
        ...listDifferences(schedule, played, alone),
        ...listForeignHits(schedule, played),
      ];
      for (const what of wrong.slice(0, 5)) failures.push(`schedule ${seed}: ${what}`);
      for (const { end, logitHashes } of played.results.values()) {
        cached += end?.cachedTokens ?? 0;
        rows += logitHashes.length;
      }
    }
    expect(failures).toEqual([]);
    // Histories without shared prefixes or rows to compare would prove nothing.
    expect(cached).toBeGreaterThan(SCHEDULES);
    expect(rows).toBeGreaterThan(SCHEDULES * 10);
  });
});

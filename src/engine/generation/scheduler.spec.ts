/** The scheduler with made-up results: no decoder, no promise. Schedules with real tokens are in test/engine. */
import assert from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import type { GenerationRequest, PrefixCacheMode, StepEvent } from '../protocol.js';
import { SamplingWorkspace } from '../sampling/selection.js';
import { createSequence } from './create-sequence.js';
import { listPlanViolations, listViolations } from './invariants.js';
import { Scheduler } from './scheduler.js';
import type { SequenceResult, StepPlan } from './step-plan.js';

const CAPACITY = 256;
const EOS = 0;
const TOKEN = 5;
const workspace = new SamplingWorkspace(32);

function request(promptTokens: number, parts: Partial<GenerationRequest> = {}): GenerationRequest {
  return {
    promptIds: new Int32Array(promptTokens).fill(3),
    sampling: {
      temperature: 0,
      topP: 1,
      topK: 0,
      minP: 0,
      presencePenalty: 0,
      frequencyPenalty: 0,
      repetitionPenalty: 1,
      logitBias: [],
      seed: null,
    },
    maxTokens: 4,
    minTokens: 0,
    ignoreEos: false,
    stopTokenIds: [],
    cacheScope: 'a',
    ...parts,
  };
}

/** A scheduler driven by hand; every state and plan is checked on the way. */
class Bench {
  nowMs = 0;
  readonly scheduler: Scheduler;
  private nextId = 1;

  constructor(slots: number, prefixCache: PrefixCacheMode = 'prompt', busy = 8, fewestRows = 1) {
    const options = { slots, capacity: CAPACITY, prefixCache, prefillChunk: { busy, idle: 64 }, fewestRows };
    this.scheduler = new Scheduler(options, () => this.nowMs);
  }

  arrive(promptTokens: number, parts: Partial<GenerationRequest> = {}): number {
    const id = this.nextId;
    this.nextId += 1;
    const context = { capacity: CAPACITY, eosTokenIds: [EOS], workspace };
    this.scheduler.add(createSequence(id, request(promptTokens, parts), context, this.nowMs));
    return id;
  }

  plan(): { started: StepEvent[]; plan: StepPlan } {
    const started = this.scheduler.admit();
    const plan = this.scheduler.plan();
    assert.deepEqual(listPlanViolations(plan, this.scheduler.snapshot()), []);
    assert.deepEqual(this.scheduler.plan(), plan);
    return { started, plan };
  }

  commit(
    plan: StepPlan,
    resultOf: (id: number) => SequenceResult = () => ({ kind: 'token', token: TOKEN }),
  ): StepEvent[] {
    const decoded = plan.decode.flatMap((run) => run.sequences.filter((id) => id !== null));
    const results = decoded.map((sequence) => ({ sequence, result: resultOf(sequence) }));
    const { prefill } = plan;
    if (prefill !== null) {
      const wanted = resultOf(prefill.sequence);
      const result: SequenceResult = prefill.last || wanted.kind === 'failed' ? wanted : { kind: 'advanced' };
      results.push({ sequence: prefill.sequence, result });
    }
    const events = this.scheduler.commit(plan, { results, runs: { succeeded: 1, failed: 0 } });
    assert.deepEqual(listViolations(this.scheduler.snapshot()), []);
    return events;
  }

  step(resultOf?: (id: number) => SequenceResult): { plan: StepPlan; events: StepEvent[] } {
    const { started, plan } = this.plan();
    return { plan, events: [...started, ...this.commit(plan, resultOf)] };
  }

  slotsInUse(): number {
    return this.scheduler.snapshot().slots.filter((s) => s.owner !== null).length;
  }
}

const decodedIds = (plan: StepPlan) => plan.decode.flatMap((run) => run.sequences.filter((id) => id !== null));

describe('a request on its own', () => {
  it('starts, gives its tokens and ends by length, with exact usage and the clock’s times', () => {
    const bench = new Bench(1);
    bench.nowMs = 100;
    const id = bench.arrive(10, { maxTokens: 2 });
    bench.nowMs = 130;
    const first = bench.plan();
    expect(first.started).toEqual([{ kind: 'started', id, cachedTokens: 0, queueMs: 30 }]);
    bench.nowMs = 150;
    expect(bench.commit(first.plan)).toEqual([{ kind: 'token', id, token: TOKEN }]);
    bench.nowMs = 155;
    expect(bench.step().events).toEqual([
      { kind: 'token', id, token: TOKEN },
      {
        kind: 'end',
        id,
        reason: 'length',
        stopToken: null,
        promptTokens: 10,
        cachedTokens: 0,
        completionTokens: 2,
        timings: { queueMs: 30, prefillMs: 20, decodeMs: 5 },
      },
    ]);
    expect(bench.scheduler.hasWork()).toBe(false);
  });

  it('ends by a stop token without reporting it, even as the first token', () => {
    const bench = new Bench(1);
    const id = bench.arrive(4, { stopTokenIds: [9] });
    const { events } = bench.step(() => ({ kind: 'token', token: 9 }));
    expect(events.slice(1)).toMatchObject([{ kind: 'end', id, reason: 'eos', stopToken: 9, completionTokens: 0 }]);
  });

  it('is limited by the capacity where maxTokens would pass it', () => {
    const bench = new Bench(1);
    bench.arrive(CAPACITY - 2, { maxTokens: 100 });
    const events: StepEvent[] = [];
    while (bench.scheduler.hasWork()) events.push(...bench.step().events);
    expect(events.at(-1)).toMatchObject({ kind: 'end', reason: 'length', completionTokens: 2 });
  });
});

describe('company', () => {
  it('decodes every running sequence in every step while a long prompt is prefilled by chunks', () => {
    const bench = new Bench(4);
    const early = [bench.arrive(2, { maxTokens: 50 }), bench.arrive(2, { maxTokens: 50 })];
    bench.step();
    bench.step();
    const late = bench.arrive(61);
    const chunks: number[] = [];
    while (bench.scheduler.find(late)?.state !== 'decoding') {
      const { plan } = bench.step();
      expect(decodedIds(plan)).toEqual(early);
      chunks.push(plan.prefill!.tokens.length);
    }
    // Nobody waits for more than one chunk, and the last one is not left with a single token.
    expect(chunks).toEqual([8, 8, 8, 8, 8, 8, 8, 5]);
  });

  it('uses large chunks while nobody decodes', () => {
    const bench = new Bench(2);
    bench.arrive(100);
    expect(bench.step().plan.prefill!.tokens.length).toBe(64);
    expect(bench.step().plan.prefill).toMatchObject({ pastLength: 64, last: true });
  });

  it('admits first come, first served, whatever the lengths', () => {
    const bench = new Bench(2);
    const ids = [40, 2, 90, 3, 2].map((length) => bench.arrive(length));
    const started: number[] = [];
    for (let steps = 0; bench.scheduler.hasWork(); steps += 1) {
      expect(steps).toBeLessThan(100);
      for (const event of bench.step().events) if (event.kind === 'started') started.push(event.id);
    }
    expect(started).toEqual(ids);
  });

  it('leaves no slot empty while someone waits, unless a prompt is being prefilled', () => {
    const bench = new Bench(3);
    for (let i = 0; i < 9; i += 1) bench.arrive(2 + i, { maxTokens: 3 });
    // The rule itself is among the violations that every step checks.
    for (let steps = 0; bench.scheduler.hasWork(); steps += 1) {
      expect(steps).toBeLessThan(60);
      bench.step();
    }
  });
});

describe('abort', () => {
  it('of a waiting request: gone at once, and its neighbours move up', () => {
    const bench = new Bench(1);
    bench.arrive(4);
    const second = bench.arrive(4);
    bench.arrive(4);
    bench.step();
    bench.scheduler.abort(second);
    expect(bench.scheduler.snapshot().waiting.map((s) => s.id)).toEqual([3]);
  });

  it('between steps: the slot is free at the next step, with no event', () => {
    const bench = new Bench(1);
    const id = bench.arrive(4, { maxTokens: 50 });
    bench.step();
    bench.scheduler.abort(id);
    expect(bench.scheduler.admit()).toEqual([]);
    expect(bench.slotsInUse()).toBe(0);
    expect(bench.scheduler.hasWork()).toBe(false);
  });

  it('during a decode run: the slot is free at its commit, with no event', () => {
    const bench = new Bench(1);
    const id = bench.arrive(4, { maxTokens: 50 });
    bench.step();
    const { plan } = bench.plan();
    bench.scheduler.abort(id);
    expect(bench.commit(plan)).toEqual([]);
    expect(bench.slotsInUse()).toBe(0);
  });

  it('during prefill: stops after the chunk under way and retains what was prefilled', () => {
    const bench = new Bench(1);
    const id = bench.arrive(200);
    const { plan } = bench.plan();
    bench.scheduler.abort(id);
    expect(bench.commit(plan)).toEqual([]);
    expect(bench.scheduler.snapshot().slots).toEqual([{ owner: null, retained: 64 }]);
    expect(bench.scheduler.totals.prefill).toBe(64);
  });

  it('during the very run that would have ended it: still no event', () => {
    const bench = new Bench(1);
    const id = bench.arrive(4, { maxTokens: 1 });
    const { plan } = bench.plan();
    bench.scheduler.abort(id);
    expect(bench.commit(plan)).toEqual([]);
    expect(bench.scheduler.hasWork()).toBe(false);
  });

  it('of an unknown or ended request is no matter', () => {
    const bench = new Bench(1);
    const id = bench.arrive(4, { maxTokens: 1 });
    bench.step();
    bench.scheduler.abort(id);
    bench.scheduler.abort(99);
    expect(bench.scheduler.hasWork()).toBe(false);
  });
});

describe('failure', () => {
  it('of one row ends that request with its error and no other, and retains nothing of it', () => {
    const bench = new Bench(2);
    const [bad, good] = [bench.arrive(20, { maxTokens: 50 }), bench.arrive(4, { maxTokens: 50 })];
    bench.step();
    bench.step();
    const error = { code: 'internal_error' as const, message: 'broken', param: null };
    const { events } = bench.step((id) => (id === bad ? { kind: 'failed', error } : { kind: 'token', token: TOKEN }));
    expect(events).toEqual([
      { kind: 'error', id: bad, error },
      { kind: 'token', id: good, token: TOKEN },
    ]);
    expect(bench.scheduler.snapshot().slots[0]).toEqual({ owner: null, retained: 0 });
  });

  it('of a prompt’s chunk ends it before its first token', () => {
    const bench = new Bench(1);
    const id = bench.arrive(200);
    const error = { code: 'internal_error' as const, message: 'broken', param: null };
    expect(bench.step(() => ({ kind: 'failed', error })).events.slice(1)).toEqual([{ kind: 'error', id, error }]);
    expect(bench.scheduler.hasWork()).toBe(false);
  });
});

describe('prefix reuse', () => {
  function afterOne(prefixCache: PrefixCacheMode, parts: Partial<GenerationRequest> = {}) {
    const bench = new Bench(2, prefixCache);
    bench.arrive(40, { maxTokens: 6 });
    while (bench.scheduler.hasWork()) bench.step();
    const answered = Int32Array.from([...new Int32Array(40).fill(3), TOKEN, TOKEN, TOKEN, TOKEN, TOKEN, TOKEN, 7, 7]);
    bench.arrive(0, { promptIds: answered, ...parts });
    const { plan, events } = bench.step();
    return { started: events[0], plan };
  }

  it('prompt: rows that prefill wrote, not those of the answer', () => {
    const { started, plan } = afterOne('prompt');
    expect(started).toMatchObject({ kind: 'started', cachedTokens: 40 });
    expect(plan.prefill).toMatchObject({ slot: 0, pastLength: 40 });
  });

  it('all: rows of the answer too, but for its last token, which was never fed', () => {
    expect(afterOne('all').started).toMatchObject({ cachedTokens: 45 });
  });

  it('off: nothing', () => {
    expect(afterOne('off').started).toMatchObject({ cachedTokens: 0 });
  });

  it('never across scopes', () => {
    expect(afterOne('all', { cacheScope: 'b' }).started).toMatchObject({ cachedTokens: 0 });
  });

  it('a slot that decode runs carry along as an idle row is forgotten in the end; one beside them is not', () => {
    const bench = new Bench(3, 'prompt', 64, 2);
    for (let i = 0; i < 3; i += 1) bench.arrive(30, { promptIds: new Int32Array(30).fill(10 + i), maxTokens: 1 });
    while (bench.scheduler.hasWork()) bench.step();
    // It finds its prefix in slot 2, and decodes there in runs of two rows: slot 1 is always the other.
    bench.arrive(0, { promptIds: new Int32Array(31).fill(12), maxTokens: 200 });
    while (bench.scheduler.hasWork()) bench.step();
    expect(bench.scheduler.snapshot().slots.map((s) => s.retained)).toEqual([30, 30, 31]);
    bench.arrive(0, { promptIds: new Int32Array(31).fill(12), maxTokens: 200 });
    while (bench.scheduler.hasWork()) bench.step();
    expect(bench.scheduler.snapshot().slots.map((s) => s.retained)).toEqual([30, 0, 31]);
  });

  it('counts cached tokens in the end event and the totals', () => {
    const bench = new Bench(1);
    const ends: StepEvent[] = [];
    for (let i = 0; i < 2; i += 1) {
      bench.arrive(40, { maxTokens: 1 });
      while (bench.scheduler.hasWork()) ends.push(...bench.step().events.filter((e) => e.kind === 'end'));
    }
    expect(ends).toMatchObject([{ cachedTokens: 0 }, { cachedTokens: 38 }]);
    expect(bench.scheduler.totals).toEqual({ prefill: 42, decode: 2, cached: 38 });
  });
});

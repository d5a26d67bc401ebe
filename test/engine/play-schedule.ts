/**
 * Plays a schedule on the engine loop, step by step, and reports what each request got and every rule that broke.
 *
 * The rules of the scheduler's state and plans are `invariants.ts`; those of the events are here.
 */
import type { Decoder } from '../../src/engine/generation/decoder.js';
import { EngineLoop } from '../../src/engine/generation/engine-loop.js';
import { listPlanViolations, listViolations } from '../../src/engine/generation/invariants.js';
import { commonPrefixLength } from '../../src/engine/generation/kv-slots.js';
import { Scheduler, type SchedulerOptions } from '../../src/engine/generation/scheduler.js';
import type { Sequence } from '../../src/engine/generation/sequence.js';
import type { StepPlan } from '../../src/engine/generation/step-plan.js';
import type { GenerationRequest, StepEvent } from '../../src/engine/protocol.js';
import type { Schedule } from './random-schedules.js';

export interface RequestResult {
  tokens: number[];
  /** One number per row of logits that the request was sampled from, where the player was asked to tell. */
  logitHashes: number[];
  end: Extract<StepEvent, { kind: 'end' }> | null;
  error: string | null;
}

export interface Played {
  results: Map<number, RequestResult>;
  violations: string[];
  steps: number;
}

/** A decoder, and a way to be told in the middle of each of its runs. */
export interface PlayedDecoder {
  decoder: Decoder;
  /** Called in the middle of each run; what it throws fails the run. */
  setMidRun: (midRun: () => void) => void;
}

/** These tests need no clock. */
const nowMs = () => 0;

/** Called with each row of logits, as the model gave it, before it is sampled. */
export type OnLogits = (id: number, logits: Float32Array) => void;

/** Writes down every violation of every plan, and shows the logits that come by. */
class CheckedScheduler extends Scheduler {
  readonly violations: string[] = [];

  constructor(
    options: SchedulerOptions,
    private readonly onLogits: OnLogits,
  ) {
    super(options, nowMs);
  }

  override add(sequence: Sequence): void {
    const { sampler } = sequence;
    const sample = sampler.sample.bind(sampler);
    sampler.sample = (logits) => {
      this.onLogits(sequence.id, logits);
      return sample(logits);
    };
    super.add(sequence);
  }

  override plan(): StepPlan {
    const plan = super.plan();
    this.violations.push(...listPlanViolations(plan, this.snapshot()));
    return plan;
  }
}

/** The tokens' story of each request, and what must not happen in it. */
class EventLedger {
  readonly results = new Map<number, RequestResult>();
  readonly violations: string[] = [];
  private readonly silenced = new Set<number>();
  private readonly started = new Set<number>();

  expect(id: number): void {
    this.results.set(id, { tokens: [], logitHashes: [], end: null, error: null });
  }

  /** After an abort no event may come. */
  silence(id: number): void {
    this.silenced.add(id);
  }

  post(events: StepEvent[]): void {
    if (events.length === 0) this.violations.push('an empty list was posted');
    for (const event of events) this.take(event);
  }

  private take(event: StepEvent): void {
    const { id } = event;
    const result = this.results.get(id)!;
    const say = (what: string) => this.violations.push(`request ${id}: ${event.kind} ${what}`);
    if (result.end !== null || result.error !== null) say('after its end');
    if (this.silenced.has(id)) say('after its abort');
    if (event.kind !== 'error' && this.started.has(id) === (event.kind === 'started')) say('at the wrong time');
    if (event.kind === 'started') this.started.add(id);
    else if (event.kind === 'token') result.tokens.push(event.token);
    else if (event.kind === 'error') result.error = event.error.message;
    else {
      result.end = event;
      if (event.completionTokens !== result.tokens.length) say(`counts ${event.completionTokens} tokens`);
    }
  }
}

/** `hashLogits`: fill in `RequestResult.logitHashes`. */
export type PlayOptions = Pick<SchedulerOptions, 'minPrefixHit' | 'fewestRows'> & { hashLogits?: boolean };

const INJECTED = 'this run fails on purpose';
/** Far above what any schedule needs. */
const MOST_STEPS = 5000;

export async function playSchedule(
  schedule: Schedule,
  { decoder, setMidRun }: PlayedDecoder,
  eosTokenIds: readonly number[],
  options: PlayOptions = {},
): Promise<Played> {
  const ledger = new EventLedger();
  const { prefixCache, prefillChunk } = schedule;
  const onLogits: OnLogits = (id, logits) => {
    if (options.hashLogits === true) ledger.results.get(id)!.logitHashes.push(hashBits(logits));
  };
  const scheduler = new CheckedScheduler(
    { slots: decoder.slots, capacity: decoder.capacity, prefixCache, prefillChunk, ...options },
    onLogits,
  );
  const giveUp = () => undefined;
  const loop = new EngineLoop({ decoder, scheduler, eosTokenIds, post: (e) => ledger.post(e), giveUp, nowMs });

  let tick = 0;
  const arrivals = [...schedule.requests];
  const aborts = schedule.requests.filter((r) => r.abortsAt !== null).sort((a, b) => a.abortsAt! - b.abortsAt!);
  const passTick = () => {
    tick += 1;
    while (arrivals.length > 0 && arrivals[0].arrivesAt < tick) {
      const { id, request } = arrivals.shift()!;
      ledger.expect(id);
      loop.generate(id, request);
    }
    while (aborts.length > 0 && aborts[0].abortsAt! < tick) {
      const { id } = aborts.shift()!;
      loop.abort(id);
      ledger.silence(id);
    }
  };
  setMidRun(() => {
    passTick();
    if (schedule.failuresAt.includes(tick)) throw new Error(INJECTED);
  });

  let steps = 0;
  const violations: string[] = [];
  do {
    passTick();
    await loop.step();
    steps += 1;
    violations.push(...listViolations(scheduler.snapshot()));
  } while ((scheduler.hasWork() || arrivals.length > 0) && steps < MOST_STEPS);
  if (scheduler.hasWork()) violations.push('the work never ends');
  violations.push(...scheduler.violations, ...ledger.violations);
  return { results: ledger.results, violations, steps };
}

/** What one request gives on its own: one prompt, one chunk, nobody else. */
export async function playAlone(
  request: GenerationRequest,
  decoder: PlayedDecoder,
  eosTokenIds: readonly number[],
  options: PlayOptions = {},
): Promise<RequestResult> {
  const schedule: Schedule = {
    slots: decoder.decoder.slots,
    prefixCache: 'off',
    prefillChunk: { busy: 1 << 20, idle: 1 << 20 },
    requests: [{ id: 1, request, arrivesAt: 0, abortsAt: null }],
    failuresAt: [],
  };
  const { results, violations } = await playSchedule(schedule, decoder, eosTokenIds, options);
  if (violations.length > 0) throw new Error(violations.join('; '));
  return results.get(1)!;
}

/** Cached tokens that no earlier prompt of the same scope can have left; empty when all is well. */
export function listForeignHits(schedule: Schedule, played: Played): string[] {
  return schedule.requests.flatMap(({ id, request }) => {
    const cached = played.results.get(id)!.end?.cachedTokens ?? 0;
    const donors = schedule.requests.filter((r) => r.id < id && r.request.cacheScope === request.cacheScope);
    const most = Math.max(0, ...donors.map((r) => commonPrefixLength(r.request.promptIds, request.promptIds)));
    return cached > most ? [`request ${id} found ${cached} tokens in the cache; its scope left ${most}`] : [];
  });
}

/** How a request in company differs from itself alone; empty when it does not. */
export function listDifferences(schedule: Schedule, played: Played, alone: (id: number) => RequestResult): string[] {
  return schedule.requests.flatMap(({ id, abortsAt }) => {
    const got = played.results.get(id)!;
    const wanted = alone(id);
    if (got.error !== null && got.error !== INJECTED) return [`request ${id} failed: ${got.error}`];
    const whole = got.end !== null;
    if (!whole && got.error === null && abortsAt === null) return [`request ${id} never ended`];
    const tokens = whole ? wanted.tokens : wanted.tokens.slice(0, got.tokens.length);
    if (got.tokens.join() !== tokens.join()) return [`request ${id} gave ${got.tokens.join()}, alone ${tokens.join()}`];
    const hashes = wanted.logitHashes.slice(0, got.logitHashes.length);
    if (got.logitHashes.join() !== hashes.join())
      return [`request ${id}: the same tokens, but other bits in the logits`];
    if (whole && (got.end!.reason !== wanted.end!.reason || got.end!.stopToken !== wanted.end!.stopToken)) {
      return [`request ${id} ended by ${got.end!.reason} ${got.end!.stopToken}`];
    }
    return [];
  });
}

/** FNV-1a over the bits of the floats, four bytes at a time: equal rows have equal numbers, to the last bit. */
function hashBits(logits: Float32Array): number {
  const words = new Int32Array(logits.buffer, logits.byteOffset, logits.length);
  let hash = 0x811c9dc5;
  for (const word of words) hash = Math.imul(hash ^ word, 0x01000193);
  return hash >>> 0;
}

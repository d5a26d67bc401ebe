import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runsGiven, ScriptedEngine } from '../../test/support/scripted-engine.js';
import { AppError } from '../common/errors/app-error.js';
import type { NamedValue } from '../engine/protocol.js';
import { PredictClient, type PredictRun } from './predict-client.js';

const WIDE = { requests: 100, bytes: 1_000_000 };

function tensor(elements = 1): NamedValue[] {
  return [
    { name: 'x', value: { kind: 'tensor', dtype: 'float32', shape: [elements], data: new Float32Array(elements) } },
  ];
}

class Bench {
  readonly client: PredictClient;
  readonly engines: ScriptedEngine[] = [];
  /** Settled requests by id: the error's code, or `done`. */
  readonly settled = new Map<number, string>();

  constructor(window = WIDE) {
    this.client = new PredictClient(window);
    this.nextEngine();
  }

  get engine(): ScriptedEngine {
    return this.engines.at(-1)!;
  }

  nextEngine(): void {
    const engine = new ScriptedEngine();
    engine.onMessage((message) => this.client.handle(message));
    engine.onExit((how) => this.client.disconnect(how));
    this.engines.push(engine);
    this.client.connect(engine);
  }

  crash(): void {
    this.engine.exit('it was ended by SIGFPE');
    this.nextEngine();
  }

  submit(inputs = tensor()): PredictRun {
    const run = this.client.submit(inputs, null, () => undefined);
    run.result.then(
      () => this.settled.set(run.id, 'done'),
      (error: unknown) => this.settled.set(run.id, error instanceof AppError ? error.code : String(error)),
    );
    return run;
  }

  /** Runs what the engine has and never runs together, one after another, as a crash-free engine would. */
  finishAll(): void {
    for (const run of runsGiven(this.engine)) {
      const id = Number.parseInt(run, 10);
      this.engine.running(id);
      this.engine.result(id);
    }
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('PredictClient', () => {
  it('gives each request its own result', async () => {
    const bench = new Bench();
    const [a, b] = [bench.submit(), bench.submit()];
    bench.engine.result(b.id);
    bench.engine.say({
      kind: 'runError',
      id: a.id,
      error: { code: 'invalid_value', message: 'Integer division by zero', param: 'inputs' },
    });
    await expect(b.result).resolves.toMatchObject({ outputs: [], timings: { batchSize: 1 } });
    await expect(a.result).rejects.toMatchObject({ code: 'invalid_value', param: 'inputs' });
    expect(bench.client).toMatchObject({ size: 0, finishedByEngine: 2 });
  });

  it('runs suspects again alone, after those that only waited, and finished ones not at all', async () => {
    const bench = new Bench();
    const runs = Array.from({ length: 5 }, () => bench.submit());
    bench.engine.running(1);
    bench.engine.result(1);
    bench.engine.running(2, 3);
    bench.crash();
    expect(runsGiven(bench.engine)).toEqual(['4', '5', '2!', '3!']);
    bench.finishAll();
    await Promise.all(runs.map((run) => run.result));
  });

  it('fails a request that ends a second engine alone, and clears the one that was beside it', async () => {
    const bench = new Bench();
    const [poison, victim] = [bench.submit(), bench.submit()];
    bench.engine.running(poison.id, victim.id);
    bench.crash();
    const innocent = bench.submit();
    bench.engine.running(poison.id);
    expect(bench.client.finishedByEngine).toBe(1);
    bench.crash();
    expect(runsGiven(bench.engine)).toEqual([`${innocent.id}`, `${victim.id}!`]);
    bench.finishAll();
    await settle();
    expect(bench.settled).toEqual(
      new Map([
        [poison.id, 'request_crashed_engine'],
        [victim.id, 'done'],
        [innocent.id, 'done'],
      ]),
    );
    await expect(poison.result).rejects.toMatchObject({
      message: expect.stringMatching(/ended the model's engine twice.*SIGFPE.*not tried again/),
      headers: { 'x-should-retry': 'false' },
    });
  });

  it('suspects nobody when an engine ends between runs', async () => {
    const bench = new Bench();
    bench.submit();
    bench.engine.running(1);
    bench.engine.result(1);
    bench.submit();
    for (let crash = 0; crash < 3; crash += 1) bench.crash();
    expect(runsGiven(bench.engine)).toEqual(['2']);
    expect(bench.client.finishedByEngine).toBe(0);
  });

  it('does not hold an engine that ended before it ran anything against a suspect', async () => {
    const bench = new Bench();
    const run = bench.submit();
    bench.engine.running(run.id);
    for (let crash = 0; crash < 3; crash += 1) bench.crash();
    expect(bench.client.finishedByEngine).toBe(0);
    bench.finishAll();
    await run.result;
  });

  it('drops what a caller leaves, wherever it is, and does not run it again', async () => {
    const bench = new Bench({ requests: 2, bytes: 1_000_000 });
    const [running, queued, kept] = [bench.submit(), bench.submit(), bench.submit()];
    bench.engine.running(running.id);
    bench.client.abort(running, new Error('gone'));
    bench.client.abort(queued, new Error('gone'));
    bench.client.abort(queued, new Error('gone'));
    expect(bench.engine.received.filter(({ kind }) => kind === 'abort')).toHaveLength(2);
    bench.crash();
    expect(runsGiven(bench.engine)).toEqual([`${kept.id}`]);
    await settle();
    expect([...bench.settled.values()]).toEqual(['Error: gone', 'Error: gone']);
  });

  it('holds back what the engine does not need yet, by number and by size', () => {
    const bench = new Bench({ requests: 3, bytes: 1000 });
    for (const elements of [100, 100, 100, 10_000, 1]) bench.submit(tensor(elements));
    expect(runsGiven(bench.engine)).toEqual(['1', '2']);
    bench.client.abort({ id: 3, result: Promise.resolve({} as never) }, new Error('gone'));
    bench.engine.result(1);
    expect(runsGiven(bench.engine)).toEqual(['1', '2']);
    bench.engine.result(2);
    // Larger than the window: it goes when nothing else is there.
    expect(runsGiven(bench.engine)).toEqual(['1', '2', '4']);
    bench.engine.result(4);
    expect(runsGiven(bench.engine)).toEqual(['1', '2', '4', '5']);
  });

  it('has room again when a request ends, also one that left between two engines', () => {
    const bench = new Bench({ requests: 3, bytes: 1000 });
    for (let index = 0; index < 4; index += 1) bench.submit(tensor(100));
    bench.engine.result(1);
    expect(runsGiven(bench.engine)).toEqual(['1', '2', '3']);
    bench.engine.exit('it was ended by SIGKILL');
    bench.client.abort({ id: 2, result: Promise.resolve({} as never) }, new Error('gone'));
    bench.nextEngine();
    expect(runsGiven(bench.engine)).toEqual(['3', '4']);
    bench.submit(tensor(100));
    expect(runsGiven(bench.engine)).toEqual(['3', '4']);
  });

  it('fails everything when no engine will come', async () => {
    const bench = new Bench({ requests: 1, bytes: 1000 });
    bench.submit();
    bench.submit();
    bench.client.failAll(new AppError('model_failed', 'no'));
    await settle();
    expect([...bench.settled.values()]).toEqual(['model_failed', 'model_failed']);
    expect(bench.client.size).toBe(0);
  });

  it('tells each start of a run', () => {
    const bench = new Bench();
    let starts = 0;
    bench.client.submit(tensor(), null, () => (starts += 1)).result.catch(() => undefined);
    bench.engine.running(1);
    bench.crash();
    bench.engine.running(1);
    expect(starts).toBe(2);
  });

  it('settles everything in any history: the poisonous twice at most, the others done', async () => {
    const request = fc.record({ poison: fc.boolean(), leaves: fc.integer({ min: 0, max: 9 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 12 }), fc.integer({ min: 1, max: 4 }), async (requests, size) => {
        const bench = new Bench({ requests: 8, bytes: 1_000_000 });
        const runs = requests.map(() => bench.submit());
        const poison = new Set(runs.filter((_, index) => requests[index].poison).map(({ id }) => id));
        const crashes = new Map<number, number>();
        const gone = new Set<number>();
        for (const [index, run] of runs.entries()) {
          if (requests[index].leaves > 1) continue;
          gone.add(run.id);
          bench.client.abort(run, new Error('gone'));
        }
        for (let turn = 0; turn < 200 && bench.client.size > 0; turn += 1) playRun(bench, size, poison, gone, crashes);
        await settle();
        for (const { id } of runs) {
          const expected = gone.has(id) ? 'Error: gone' : poison.has(id) ? 'request_crashed_engine' : 'done';
          expect(bench.settled.get(id)).toBe(expected);
        }
        for (const count of crashes.values()) expect(count).toBeLessThanOrEqual(2);
      }),
      { numRuns: 300 },
    );
  });
});

const done = new WeakMap<ScriptedEngine, Set<number>>();

/** One run of a scripted batching engine: up to `size` requests together, those marked alone by themselves. */
function playRun(
  bench: Bench,
  size: number,
  poison: ReadonlySet<number>,
  gone: ReadonlySet<number>,
  crashes: Map<number, number>,
): void {
  const { engine } = bench;
  const finished = done.get(engine) ?? new Set<number>();
  done.set(engine, finished);
  const queue = runsGiven(engine)
    .map((run) => ({ id: Number.parseInt(run, 10), alone: run.endsWith('!') }))
    .filter(({ id }) => !finished.has(id) && !gone.has(id));
  const batch = queue[0]?.alone ? queue.slice(0, 1) : queue.filter(({ alone }) => !alone).slice(0, size);
  const ids = batch.map(({ id }) => id);
  engine.running(...ids);
  const guilty = ids.filter((id) => poison.has(id));
  if (guilty.length > 0) {
    for (const id of guilty) crashes.set(id, (crashes.get(id) ?? 0) + 1);
    bench.crash();
    return;
  }
  for (const id of ids) {
    finished.add(id);
    engine.result(id);
  }
}

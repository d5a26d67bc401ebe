import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { AppError } from '../../common/errors/app-error.js';
import type { FromEngine, NamedValue, TensorValue } from '../protocol.js';
import { RunLoop, type RunRequest } from './run-loop.js';
import type { TensorRunner } from './tensor-session.js';

type Answer = Extract<FromEngine, { kind: 'result' | 'runError' }>;

/** One row a number; a model that doubles, and refuses what holds a 13. */
function rowsOf(numbers: number[], width = 1): NamedValue[] {
  const data = Float32Array.from(numbers.flatMap((number) => Array<number>(width).fill(number)));
  return [{ name: 'x', value: { kind: 'tensor', dtype: 'float32', shape: [numbers.length, width], data } }];
}

function doubled(inputs: readonly NamedValue[]): NamedValue[] {
  const { shape, data } = inputs[0].value as TensorValue;
  const numbers = data as Float32Array;
  if (numbers.includes(13)) throw new AppError('invalid_value', 'thirteen');
  return [{ name: 'y', value: { kind: 'tensor', dtype: 'float32', shape, data: numbers.map((n) => n * 2) } }];
}

interface Options {
  maxBatch?: number;
  maxDelayMs?: number;
  joined?: boolean;
  answer?: (inputs: readonly NamedValue[]) => NamedValue[];
}

/** A loop whose runs end when the test says so. */
class Stage {
  readonly posted: Answer[] = [];
  readonly announced: number[][] = [];
  /** What happened, in order. */
  readonly order: string[] = [];
  readonly loop: RunLoop;
  now = 0;
  private ends: (() => void)[] = [];

  constructor({ maxBatch = 4, maxDelayMs = 0, joined = true, answer = doubled }: Options = {}) {
    const runner: TensorRunner = {
      run: async (inputs) => {
        this.order.push('run');
        await new Promise<void>((resolve) => this.ends.push(resolve));
        return answer(inputs);
      },
    };
    this.loop = new RunLoop({
      runner,
      joinedInputs: joined ? new Set(['x']) : null,
      limits: { maxBatch, maxDelayMs },
      announce: async (ids) => {
        this.announced.push(ids);
        await Promise.resolve();
        this.order.push(`announced ${ids.join(' ')}`);
      },
      post: (message) => this.posted.push(message),
      nowMs: () => this.now,
    });
  }

  async submit(id: number, numbers: number[], parts: Partial<RunRequest> & { width?: number } = {}): Promise<void> {
    const { width, ...rest } = parts;
    this.loop.submit({ id, inputs: rowsOf(numbers, width), outputs: null, alone: false, ...rest });
    await settle();
  }

  /** Ends the run under way. @returns false when there is none */
  async end(): Promise<boolean> {
    const end = this.ends.shift();
    end?.();
    await settle();
    return end !== undefined;
  }

  async endAll(): Promise<void> {
    while (await this.end());
  }
}

/** Lets everything happen that needs no timer. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
}

function answerOf(id: number, numbers: number[], batchSize: number, times = { queueMs: 0, runMs: 0 }): Answer {
  return { kind: 'result', id, outputs: doubled(rowsOf(numbers)), timings: { ...times, batchSize } };
}

describe('the loop of runs', () => {
  it('runs a lone request at once, after it was announced', async () => {
    const stage = new Stage({ maxDelayMs: 1000 });
    await stage.submit(1, [5]);
    expect(stage.order).toEqual(['announced 1', 'run']);
    stage.now = 7;
    await stage.end();
    expect(stage.posted).toEqual([answerOf(1, [5], 1, { queueMs: 0, runMs: 7 })]);
  });

  it('joins what has come meanwhile, and gives each its own rows', async () => {
    const stage = new Stage();
    await stage.submit(1, [1]);
    await stage.submit(2, [2, 3]);
    await stage.submit(3, [4]);
    await stage.endAll();
    expect(stage.announced).toEqual([[1], [2, 3]]);
    expect(stage.posted).toEqual([answerOf(1, [1], 1), answerOf(2, [2, 3], 2), answerOf(3, [4], 2)]);
  });

  it('joins nothing where the model forbids it, nor what asked to be alone', async () => {
    const off = new Stage({ joined: false });
    const on = new Stage();
    for (const id of [1, 2, 3]) await off.submit(id, [id]);
    for (const id of [1, 2, 3, 4]) await on.submit(id, [id], { alone: id === 2 });
    await off.endAll();
    await on.endAll();
    expect(off.announced).toEqual([[1], [2], [3]]);
    expect(on.announced).toEqual([[1], [2], [3, 4]]);
  });

  it('lets a request of another shape go after the run under way', async () => {
    const stage = new Stage();
    await stage.submit(1, [1]);
    await stage.submit(2, [2], { width: 3 });
    await stage.submit(3, [3]);
    await stage.endAll();
    expect(stage.announced).toEqual([[1], [2], [3]]);
  });

  it('fails one bad request of a joined run alone', async () => {
    const stage = new Stage();
    await stage.submit(1, [1]);
    await stage.submit(2, [2]);
    await stage.submit(3, [13]);
    await stage.submit(4, [4]);
    await stage.endAll();
    expect(stage.announced).toEqual([[1], [2, 3, 4], [2], [3], [4]]);
    expect(stage.posted.map(({ kind, id }) => [kind, id])).toEqual([
      ['result', 1],
      ['result', 2],
      ['runError', 3],
      ['result', 4],
    ]);
    expect(stage.posted[2]).toMatchObject({ error: { code: 'invalid_value', message: 'thirteen' } });
  });

  it('stops joining for good when an output is no rows', async () => {
    const said = vi.spyOn(console, 'error').mockReturnValue();
    const first = (inputs: readonly NamedValue[]) => {
      const [{ value }] = doubled(inputs);
      const { data } = value as TensorValue;
      return [
        { name: 'y', value: { ...(value as TensorValue), shape: [1, 1], data: (data as Float32Array).slice(0, 1) } },
      ];
    };
    const stage = new Stage({ answer: first });
    for (const id of [1, 2, 3, 4]) await stage.submit(id, [id]);
    await stage.endAll();
    for (const id of [5, 6, 7]) await stage.submit(id, [id]);
    await stage.endAll();
    expect(stage.announced).toEqual([[1], [2, 3, 4], [2], [3], [4], [5], [6], [7]]);
    expect(stage.posted).toEqual([1, 2, 3, 4, 5, 6, 7].map((id) => answerOf(id, [id], 1)));
    expect(said).toHaveBeenCalledWith(expect.stringContaining('output "y" does not divide into rows'));
    said.mockRestore();
  });

  it('stops joining for good when requests fail together and never alone', async () => {
    const said = vi.spyOn(console, 'error').mockReturnValue();
    const lone = (inputs: readonly NamedValue[]) => {
      if ((inputs[0].value as TensorValue).shape[0] > 1) throw new AppError('invalid_value', 'one row only');
      return doubled(inputs);
    };
    const stage = new Stage({ answer: lone });
    for (const id of [1, 2, 3]) await stage.submit(id, [id]);
    await stage.endAll();
    for (const id of [4, 5, 6]) await stage.submit(id, [id]);
    await stage.endAll();
    expect(stage.announced).toEqual([[1], [2, 3], [2], [3], [4], [5], [6]]);
    expect(stage.posted).toEqual([1, 2, 3, 4, 5, 6].map((id) => answerOf(id, [id], 1)));
    expect(said).toHaveBeenCalledWith(expect.stringContaining('none of them alone'));
    said.mockRestore();
  });

  it('goes on joining when one of those that failed together fails alone too', async () => {
    const stage = new Stage();
    for (const id of [1, 2, 3]) await stage.submit(id, [id === 2 ? 13 : id]);
    await stage.endAll();
    for (const id of [4, 5, 6]) await stage.submit(id, [id]);
    await stage.endAll();
    expect(stage.announced).toEqual([[1], [2, 3], [2], [3], [4], [5, 6]]);
  });

  it('drops an aborted request that waits, and the answer of one that runs', async () => {
    const stage = new Stage();
    await stage.submit(1, [1]);
    await stage.submit(2, [2]);
    await stage.submit(3, [3]);
    stage.loop.abort(1);
    stage.loop.abort(2);
    await stage.endAll();
    expect(stage.announced).toEqual([[1], [3]]);
    expect(stage.posted).toEqual([answerOf(3, [3], 1)]);
    stage.loop.abort(99);
  });

  it('waits a little for company after a run, and no longer once it is there', async () => {
    vi.useFakeTimers();
    const stage = new Stage({ maxBatch: 2, maxDelayMs: 10 });
    await stage.submit(1, [1]);
    await stage.submit(2, [2]);
    await stage.end();
    expect(stage.announced).toEqual([[1]]);
    await stage.submit(3, [3]);
    expect(stage.announced).toEqual([[1], [2, 3]]);
    await stage.submit(4, [4]);
    await stage.end();
    expect(stage.announced).toHaveLength(2);
    stage.now = 10;
    await vi.advanceTimersByTimeAsync(10);
    expect(stage.announced).toEqual([[1], [2, 3], [4]]);
    vi.useRealTimers();
  });

  it('counts, and says how long nothing has got done', async () => {
    const stage = new Stage();
    expect(stage.loop.stats()).toMatchObject({ steps: 0, running: 0, waiting: 0, sinceProgressMs: 0 });
    stage.now = 100;
    await stage.submit(1, [1]);
    await stage.submit(2, [2]);
    stage.now = 130;
    expect(stage.loop.stats()).toMatchObject({ steps: 0, running: 1, waiting: 1, sinceProgressMs: 30 });
    await stage.end();
    stage.now = 135;
    expect(stage.loop.stats()).toMatchObject({ steps: 1, running: 1, waiting: 0, sinceProgressMs: 5 });
    await stage.end();
    expect(stage.loop.stats()).toMatchObject({ steps: 2, running: 0, waiting: 0, sinceProgressMs: 0 });
  });

  it('stops after the run under way, and says no more', async () => {
    const stage = new Stage();
    await stage.submit(1, [1]);
    await stage.submit(2, [2]);
    let stopped = false;
    const stopping = stage.loop.stop().then(() => (stopped = true));
    await settle();
    expect(stopped).toBe(false);
    await stage.end();
    await stopping;
    expect([stage.announced, stage.posted]).toEqual([[[1]], []]);
  });

  it('answers every request once, in its own numbers, and lets none be overtaken by more than one run', async () => {
    const request = fc.record({
      numbers: fc.array(fc.constantFrom(1, 2, 3, 13), { minLength: 1, maxLength: 5 }),
      width: fc.constantFrom(1, 2),
      alone: fc.constantFrom(false, false, false, true),
      aborted: fc.constantFrom(false, false, false, true),
      /** Runs that end before this request comes. */
      ends: fc.integer({ min: 0, max: 1 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { maxLength: 12 }),
        fc.constantFrom(1, 2, 4, 8),
        async (requests, maxBatch) => {
          const stage = new Stage({ maxBatch });
          for (const [id, { numbers, width, alone, aborted, ends }] of requests.entries()) {
            for (let i = 0; i < ends; i += 1) await stage.end();
            await stage.submit(id, numbers, { alone, width });
            if (aborted) stage.loop.abort(id);
          }
          await stage.endAll();
          const ids = stage.posted.map(({ id }) => id);
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids.toSorted((a, b) => a - b)).toEqual([...requests.keys()].filter((id) => !requests[id].aborted));
          for (const answer of stage.posted) {
            const { numbers, width } = requests[answer.id];
            if (numbers.includes(13)) expect(answer.kind).toBe('runError');
            else expect(answer).toMatchObject({ kind: 'result', outputs: doubled(rowsOf(numbers, width)) });
          }
          // The first of every run that is no repetition is the oldest of those still waiting.
          const begun = new Set<number>();
          for (const batch of stage.announced) {
            if (begun.has(batch[0])) continue;
            const oldest = [...requests.keys()].find(
              (id) => !begun.has(id) && (id === batch[0] || !requests[id].aborted),
            );
            expect(batch[0]).toBe(oldest);
            for (const id of batch) begun.add(id);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

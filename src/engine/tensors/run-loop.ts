/**
 * The engine's loop for one-shot requests: take the next batch, announce it, run it, answer each of its requests.
 *
 * It owns no policy (`nextRun`), no arithmetic of rows (`rows.ts`) and no model (`TensorRunner`). Requests are answered
 * once each, in a result or an error, unless they are aborted: then not at all.
 */
import { AppError, serializeError } from '../../common/errors/app-error.js';
import type { EngineStats, FromEngine, NamedValue } from '../protocol.js';
import { nextRun, type RunLimits, type Waiting } from './next-run.js';
import { isMemoryError } from './run-error.js';
import { joinable, joinInputs, NotRows, splitOutputs } from './rows.js';
import type { TensorRunner } from './tensor-session.js';

export interface RunRequest {
  id: number;
  inputs: NamedValue[];
  outputs: string[] | null;
  alone: boolean;
}

export interface RunLoopParts {
  runner: TensorRunner;
  /** Names of the inputs that a joined request must have, or null where requests never share a run. */
  joinedInputs: ReadonlySet<string> | null;
  limits: RunLimits;
  /** Resolves when the message has left the process: the run that follows may end it. */
  announce: (ids: number[]) => Promise<void>;
  post: (message: Extract<FromEngine, { kind: 'result' | 'runError' }>) => void;
  /** Milliseconds on a clock that never goes back. */
  nowMs: () => number;
}

/** The requests of a joined run that failed, each tried again alone: if none of them fails, joining did. */
interface Retrial {
  left: number;
  failed: boolean;
}

type Entry = RunRequest & Waiting & { retrial: Retrial | null };

/** The server bounds its queue far below; this guards the memory of a process whose parent does not. */
const WAITING_LIMIT = 4096;

export class RunLoop {
  private waiting: Entry[] = [];
  private running: Entry[] = [];
  private joinedInputs: ReadonlySet<string> | null;
  private runs = 0;
  private lastProgressMs = 0;
  private turning: Promise<void> | null = null;
  private stopped = false;
  /** Ends a wait for company early. */
  private wake: (() => void) | null = null;

  constructor(private readonly parts: RunLoopParts) {
    this.joinedInputs = parts.joinedInputs;
  }

  submit(request: RunRequest): void {
    const { nowMs } = this.parts;
    if (this.waiting.length >= WAITING_LIMIT) {
      this.postError(request.id, new AppError('queue_full', 'the engine queue is full'));
      return;
    }
    if (this.turning === null) this.lastProgressMs = nowMs();
    const unshared = request.alone || this.joinedInputs === null;
    const join = unshared ? null : joinable(request.inputs, request.outputs, this.joinedInputs!);
    this.waiting.push({
      ...request,
      key: join?.key ?? null,
      rows: join?.rows ?? 1,
      arrivedMs: nowMs(),
      arrivedBusy: this.running.length > 0,
      retrial: null,
    });
    this.wake?.();
    this.turning ??= this.turn();
  }

  /** A waiting request is dropped; of one in a run, the answer is. An unknown id is one that was just answered. */
  abort(id: number): void {
    this.waiting = this.waiting.filter((entry) => entry.id !== id);
    this.running = this.running.filter((entry) => entry.id !== id);
    this.wake?.();
  }

  /** No further run starts and nothing more is posted; resolves when no run is in flight. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wake?.();
    await this.turning;
  }

  stats(): EngineStats {
    const busy = this.turning !== null;
    return {
      steps: this.runs,
      running: this.running.length,
      waiting: this.waiting.length,
      kvTokensUsed: 0,
      kvTokensTotal: 0,
      prefillTokens: 0,
      decodeTokens: 0,
      cachedTokens: 0,
      sinceProgressMs: busy ? this.parts.nowMs() - this.lastProgressMs : 0,
    };
  }

  private async turn(): Promise<void> {
    for (;;) {
      const next = nextRun(this.waiting, this.parts.limits, this.parts.nowMs());
      if (next.kind === 'idle' || this.stopped) break;
      if (next.kind === 'wait') await this.sleep(next.ms);
      else await this.take(next.batch);
    }
    // In the same breath: a request that comes now must start the next turn.
    this.turning = null;
  }

  /** Until the time is over, or something about the waiting has changed. */
  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.wake?.(), ms);
      this.wake = () => {
        clearTimeout(timer);
        this.wake = null;
        resolve();
      };
    });
  }

  private async take(batch: Entry[]): Promise<void> {
    this.waiting = this.waiting.filter((entry) => !batch.includes(entry));
    this.running = batch;
    await this.parts.announce(batch.map((entry) => entry.id));
    // Some may have been aborted meanwhile; they run with the others or not at all.
    if (this.running.length > 0 && !this.stopped) await this.execute(batch);
    this.running = [];
  }

  private async execute(batch: Entry[]): Promise<void> {
    const { nowMs } = this.parts;
    const startedMs = nowMs();
    try {
      const answers = await this.run(batch);
      const runMs = nowMs() - startedMs;
      for (const [index, { id, arrivedMs }] of batch.entries()) {
        const timings = { queueMs: startedMs - arrivedMs, runMs, batchSize: batch.length };
        if (this.isWanted(id)) this.parts.post({ kind: 'result', id, outputs: answers[index], timings });
      }
      this.judge(batch[0].retrial, false);
    } catch (error) {
      this.afterFailure(batch, error);
    }
    this.runs += 1;
    this.lastProgressMs = nowMs();
  }

  private async run(batch: Entry[]): Promise<NamedValue[][]> {
    const { runner } = this.parts;
    const [{ inputs, outputs }] = batch;
    if (batch.length === 1) return [await runner.run(inputs, outputs)];
    const joined = joinInputs(batch.map((entry) => entry.inputs));
    return splitOutputs(
      await runner.run(joined, outputs),
      batch.map((entry) => entry.rows),
    );
  }

  /** Of several, one is at fault, or joining is: each goes next, alone, in its old order. */
  private afterFailure(batch: Entry[], error: unknown): void {
    if (batch.length === 1) {
      if (this.isWanted(batch[0].id)) this.postError(batch[0].id, error);
      this.judge(batch[0].retrial, true);
      return;
    }
    if (error instanceof NotRows) this.stopJoining(error.message);
    // Too much memory for all is no sign that they cannot be joined.
    const retrial = isMemoryError(error) ? null : { left: batch.length, failed: false };
    const wanted = batch.filter(({ id }) => this.isWanted(id)).map((entry) => ({ ...entry, key: null, retrial }));
    this.waiting.unshift(...wanted);
  }

  private judge(retrial: Retrial | null, failed: boolean): void {
    if (retrial === null) return;
    retrial.left -= 1;
    retrial.failed ||= failed;
    if (retrial.left === 0 && !retrial.failed) this.stopJoining('several failed in one run, and none of them alone');
  }

  private stopJoining(reason: string): void {
    if (this.joinedInputs === null) return;
    console.error(`engine: requests no longer share runs: ${reason}`);
    this.joinedInputs = null;
    this.waiting = this.waiting.map((entry) => ({ ...entry, key: null }));
  }

  private isWanted(id: number): boolean {
    return !this.stopped && this.running.some((entry) => entry.id === id);
  }

  private postError(id: number, error: unknown): void {
    this.parts.post({ kind: 'runError', id, error: serializeError(error) });
  }
}

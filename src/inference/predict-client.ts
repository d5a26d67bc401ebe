/**
 * This end of the seam for one-shot runs: the requests given to an engine, and what becomes of them when it ends.
 *
 * A run has no memory, so it may be done again. When an engine ends, the requests of its last run are suspects: each runs
 * once more, alone, on the next engine. One that then ends an engine again is at fault; the others were its victims.
 */
import { AppError, deserializeError } from '../common/errors/app-error.js';
import type { FromEngine, NamedValue } from '../engine/protocol.js';
import type { EngineChannel } from './engine-process.js';
import type { EngineWork } from './engine-work.js';
import type { Prediction } from './prediction-model.js';
import { inputBytes } from './value-bytes.js';

/** How much may be at the engine at once; the rest waits here, where dropping it costs nothing. One always may. */
export interface SendWindow {
  requests: number;
  bytes: number;
}

export interface PredictRun {
  readonly id: number;
  /** Fails with an `AppError`, or with the reason given to `abort`. */
  readonly result: Promise<Prediction>;
}

interface PendingRun extends PredictRun {
  readonly inputs: NamedValue[];
  readonly outputs: string[] | null;
  readonly bytes: number;
  /** As `performance.now()` says. */
  readonly submittedAt: number;
  sentAt: number;
  readonly started: () => void;
  readonly resolve: (prediction: Prediction) => void;
  readonly reject: (error: unknown) => void;
  /** An engine ended while it ran this: it runs alone, and once. */
  suspect: boolean;
  sent: boolean;
}

export class PredictClient implements EngineWork {
  private readonly runs = new Map<number, PendingRun>();
  /** Not yet sent, in order; may hold some that were aborted. */
  private waiting: PendingRun[] = [];
  private readonly atEngine = { requests: 0, bytes: 0 };
  /** What the engine said it runs now: the last word counts. */
  private running: number[] = [];
  private channel: EngineChannel | null = null;
  private lastId = 0;
  private finished = 0;

  constructor(private readonly window: SendWindow) {}

  /** Requests that this client holds, sent or not. */
  get size(): number {
    return this.runs.size;
  }

  /** An engine whose end shows which request is at fault was of use: the model is not to blame. */
  get finishedByEngine(): number {
    return this.finished + this.culprits().length;
  }

  /** Suspects come last: those that did nothing are done before an engine may end again. */
  connect(channel: EngineChannel): void {
    this.channel = channel;
    const all = [...this.runs.values()];
    this.waiting = [...all.filter((run) => !run.suspect), ...all.filter((run) => run.suspect)];
    this.sendWaiting();
  }

  disconnect(how: string): void {
    for (const run of this.culprits()) {
      this.runs.delete(run.id);
      run.reject(crashedEngine(how));
    }
    for (const id of this.running) {
      const run = this.runs.get(id);
      if (run) run.suspect = true;
    }
    for (const run of this.runs.values()) run.sent = false;
    this.channel = null;
    this.finished = 0;
    this.running = [];
    this.waiting = [];
    this.atEngine.requests = 0;
    this.atEngine.bytes = 0;
  }

  failAll(error: AppError): void {
    for (const run of this.runs.values()) run.reject(error);
    this.runs.clear();
    this.waiting = [];
  }

  /** @param started called when the engine begins the run, again when it has to be done again */
  submit(inputs: NamedValue[], outputs: string[] | null, started: () => void): PredictRun {
    this.lastId += 1;
    const { promise, resolve, reject } = promiseParts<Prediction>();
    const run: PendingRun = {
      id: this.lastId,
      result: promise,
      inputs,
      outputs,
      bytes: inputBytes(inputs),
      submittedAt: performance.now(),
      sentAt: 0,
      started,
      resolve,
      reject,
      suspect: false,
      sent: false,
    };
    this.runs.set(run.id, run);
    if (this.channel !== null) {
      this.waiting.push(run);
      this.sendWaiting();
    }
    return run;
  }

  /** Fails the run with `reason`; one that waits at the engine is dropped there too. Harmless when it has ended. */
  abort({ id }: PredictRun, reason: unknown): void {
    const run = this.take(id);
    if (!run) return;
    run.reject(reason);
    if (run.sent) this.channel?.send({ kind: 'abort', id });
    this.sendWaiting();
  }

  handle(message: FromEngine): void {
    switch (message.kind) {
      case 'running':
        this.running = message.ids;
        for (const id of message.ids) this.runs.get(id)?.started();
        return;
      case 'result':
        this.finish(message.id, (run) => {
          // The engine knows how long it waited there; it also waited here.
          const queueMs = message.timings.queueMs + run.sentAt - run.submittedAt;
          run.resolve({ outputs: message.outputs, timings: { ...message.timings, queueMs } });
        });
        return;
      case 'runError':
        this.finish(message.id, (run) => run.reject(deserializeError(message.error)));
        return;
      default:
    }
  }

  /** Also a request that the runtime refuses shows that the engine works. */
  private finish(id: number, settle: (run: PendingRun) => void): void {
    this.finished += 1;
    // Unknown when the caller left during the run.
    const run = this.take(id);
    if (!run) return;
    settle(run);
    this.sendWaiting();
  }

  /** What the engine runs now and an earlier engine ended with. */
  private culprits(): PendingRun[] {
    return this.running.flatMap((id) => this.runs.get(id) ?? []).filter((run) => run.suspect);
  }

  private take(id: number): PendingRun | undefined {
    const run = this.runs.get(id);
    if (!run) return undefined;
    this.runs.delete(id);
    if (run.sent) {
      this.atEngine.requests -= 1;
      this.atEngine.bytes -= run.bytes;
    }
    return run;
  }

  private sendWaiting(): void {
    if (this.channel === null) return;
    while (this.waiting.length > 0) {
      const next = this.waiting[0];
      const gone = !this.runs.has(next.id);
      if (!gone && !this.hasRoomFor(next)) return;
      this.waiting.shift();
      if (!gone) this.send(this.channel, next);
    }
  }

  private hasRoomFor(run: PendingRun): boolean {
    const { requests, bytes } = this.atEngine;
    return requests === 0 || (requests < this.window.requests && bytes + run.bytes <= this.window.bytes);
  }

  private send(channel: EngineChannel, run: PendingRun): void {
    run.sent = true;
    run.sentAt = performance.now();
    this.atEngine.requests += 1;
    this.atEngine.bytes += run.bytes;
    channel.send({ kind: 'run', id: run.id, inputs: run.inputs, outputs: run.outputs, alone: run.suspect });
  }
}

function crashedEngine(how: string): AppError {
  return new AppError(
    'request_crashed_engine',
    `This request ended the model's engine twice, the second time while it ran alone: ${how}. It is not tried again.`,
    // The official OpenAI client retries a 500 by itself unless told not to.
    { headers: { 'x-should-retry': 'false' } },
  );
}

function promiseParts<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

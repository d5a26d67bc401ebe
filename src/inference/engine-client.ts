/**
 * This end of the seam: the requests given to an engine, and what came back for each.
 *
 * It outlives engines. When one ends, requests it had started fail with a proper error; those still waiting in its
 * queue are handed to the next engine, so a crash loses no more than what was running.
 */
import { AppError, deserializeError, type SerializedError } from '../common/errors/app-error.js';
import type { FromEngine, GenerationRequest, StepEvent } from '../engine/protocol.js';
import type { EngineChannel } from './engine-process.js';
import type { EngineWork } from './engine-work.js';
import { EventQueue } from './event-queue.js';

/** One request at an engine. Its events end after `end`, or fail: with an `AppError` where it may be told. */
export interface EngineRun {
  readonly id: number;
  readonly events: EventQueue<StepEvent>;
}

interface PendingRun extends EngineRun {
  readonly request: GenerationRequest;
  started: boolean;
  gaveTokens: boolean;
}

export class EngineClient implements EngineWork {
  private readonly runs = new Map<number, PendingRun>();
  private channel: EngineChannel | null = null;
  private lastId = 0;
  private finished = 0;

  /** Requests that this client holds, started or not. */
  get size(): number {
    return this.runs.size;
  }

  /** Requests finished by the engine that is connected now, or was until its end is handled. */
  get finishedByEngine(): number {
    return this.finished;
  }

  /** An engine is loaded: it gets everything that waits, oldest first. */
  connect(channel: EngineChannel): void {
    this.channel = channel;
    for (const run of this.runs.values()) channel.send({ kind: 'generate', id: run.id, request: run.request });
  }

  /** The engine ended. Its started requests fail; the others stay for the next one. */
  disconnect(how: string): void {
    this.channel = null;
    this.finished = 0;
    for (const run of this.runs.values()) {
      if (!run.started) continue;
      this.runs.delete(run.id);
      run.events.fail(
        new AppError('engine_restarted', `The model's engine ended while it served this request: ${how}. Try again.`, {
          retryAfterSeconds: 1,
        }),
      );
    }
  }

  /** No engine will come: everything that waits fails with `error`. */
  failAll(error: AppError): void {
    for (const run of this.runs.values()) run.events.fail(error);
    this.runs.clear();
  }

  submit(request: GenerationRequest): EngineRun {
    this.lastId += 1;
    const run: PendingRun = { id: this.lastId, events: new EventQueue(), request, started: false, gaveTokens: false };
    this.runs.set(run.id, run);
    this.channel?.send({ kind: 'generate', id: run.id, request });
    return run;
  }

  /** Harmless when the run has ended. */
  abort(run: EngineRun): void {
    const pending = this.runs.get(run.id);
    if (!pending) return;
    this.runs.delete(run.id);
    // A stop string ends a request from this side: the engine was of use all the same.
    if (pending.gaveTokens) this.finished += 1;
    run.events.end();
    this.channel?.send({ kind: 'abort', id: run.id });
  }

  handle(message: FromEngine): void {
    if (message.kind === 'step') this.handleStep(message.events);
  }

  handleStep(events: StepEvent[]): void {
    for (const event of events) {
      // Unknown when the caller left while the step ran.
      const run = this.runs.get(event.id);
      if (run) this.handleEvent(run, event);
    }
  }

  private handleEvent(run: PendingRun, event: StepEvent): void {
    switch (event.kind) {
      case 'started':
        run.started = true;
        run.events.push(event);
        return;
      case 'token':
        run.gaveTokens = true;
        run.events.push(event);
        return;
      case 'end':
        this.runs.delete(run.id);
        this.finished += 1;
        run.events.push(event);
        run.events.end();
        return;
      case 'error':
        this.runs.delete(run.id);
        run.events.fail(failureOf(event.error));
        return;
      default:
        event satisfies never;
    }
  }
}

/** A fault of the engine comes in the runtime's own words: for the log, so it is no `AppError`. */
function failureOf(error: SerializedError): Error {
  return error.code === 'internal_error' ? new Error(`the engine failed: ${error.message}`) : deserializeError(error);
}

/**
 * The engine's loop: as long as there is work, admit, plan, run, commit, and post what the step means.
 *
 * It owns no policy (`Scheduler`), no model (`Decoder`) and no process (`main.ts`): it gets a decoder, a clock and
 * somewhere to post, and says when it cannot go on.
 */
import { AppError, serializeError } from '../../common/errors/app-error.js';
import type { EngineStats, GenerationRequest, StepEvent } from '../protocol.js';
import { SamplingWorkspace } from '../sampling/selection.js';
import { createSequence, type SequenceContext } from './create-sequence.js';
import type { Decoder } from './decoder.js';
import type { Scheduler } from './scheduler.js';
import type { Sequence } from './sequence.js';
import { runStep } from './step-runner.js';

/** Steps in a row in which every run threw: then the model, not a request, is at fault. */
const FAILED_STEPS_LIMIT = 3;
/** The server bounds its queue far below; this guards the memory of a process whose parent does not. */
const WAITING_LIMIT = 4096;

export interface EngineLoopParts {
  decoder: Decoder;
  scheduler: Scheduler;
  eosTokenIds: readonly number[];
  /** Gets all events of a step at once; never an empty list. */
  post: (events: StepEvent[]) => void;
  /** The decoder is beyond use: every step fails. Called once; the loop has stopped. */
  giveUp: (error: Error) => void;
  /** Milliseconds on a clock that never goes back. */
  nowMs: () => number;
}

export class EngineLoop {
  private readonly context: SequenceContext;
  private steps = 0;
  private failedSteps = 0;
  private lastProgressMs = 0;
  /** The loop while it turns, else null. */
  private turning: Promise<void> | null = null;
  private stopped = false;

  constructor(private readonly parts: EngineLoopParts) {
    const { decoder, eosTokenIds } = parts;
    const workspace = new SamplingWorkspace(decoder.vocabSize);
    this.context = { capacity: decoder.capacity, eosTokenIds, workspace };
  }

  /** Queues a request; whatever is wrong with it becomes its error event. */
  generate(id: number, request: GenerationRequest): void {
    const { scheduler, post, nowMs } = this.parts;
    let sequence: Sequence;
    try {
      if (scheduler.waitingCount >= WAITING_LIMIT) throw new AppError('queue_full', 'the engine queue is full');
      sequence = createSequence(id, request, this.context, nowMs());
    } catch (error) {
      post([{ kind: 'error', id, error: serializeError(error) }]);
      return;
    }
    if (!scheduler.hasWork()) this.lastProgressMs = nowMs();
    scheduler.add(sequence);
  }

  /** Frees what the request holds by the next step; no event follows. An unknown id is one that just ended. */
  abort(id: number): void {
    this.parts.scheduler.abort(id);
  }

  /** One step, whether or not the loop turns. @returns false when there was nothing to do */
  async step(): Promise<boolean> {
    const { decoder, scheduler, post } = this.parts;
    const started = scheduler.admit();
    if (started.length > 0) post(started);
    if (!scheduler.hasWork()) return false;
    const plan = scheduler.plan();
    const outcome = await runStep(plan, decoder, (id, logits) => scheduler.find(id)!.sampler.sample(logits));
    const events = scheduler.commit(plan, outcome);
    this.steps += 1;
    this.lastProgressMs = this.parts.nowMs();
    if (outcome.runs.succeeded > 0) this.failedSteps = 0;
    else if (outcome.runs.failed > 0) this.failedSteps += 1;
    if (events.length > 0) post(events);
    return true;
  }

  /** Ends after the step under way; resolves when no run is in flight. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.turning;
  }

  stats(): EngineStats {
    const { scheduler, decoder } = this.parts;
    return {
      steps: this.steps,
      running: scheduler.runningCount,
      waiting: scheduler.waitingCount,
      kvTokensUsed: scheduler.kvTokensUsed(),
      kvTokensTotal: decoder.slots * decoder.capacity,
      prefillTokens: scheduler.totals.prefill,
      decodeTokens: scheduler.totals.decode,
      cachedTokens: scheduler.totals.cached,
      sinceProgressMs: scheduler.hasWork() ? this.parts.nowMs() - this.lastProgressMs : 0,
    };
  }

  /** Starts the loop if it is not turning. */
  start(): void {
    this.turning ??= this.turn().finally(() => {
      this.turning = null;
    });
  }

  private async turn(): Promise<void> {
    while (!this.stopped && (await this.step())) {
      if (this.failedSteps < FAILED_STEPS_LIMIT) continue;
      this.stopped = true;
      this.parts.giveUp(new Error(`every run of ${this.failedSteps} steps in a row failed`));
    }
  }
}

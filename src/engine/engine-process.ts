/**
 * What an engine process does with the messages of the seam: load one model, once; then generate or run, and abort,
 * until told to end.
 *
 * It does not know `process`: `main.ts` gives it a way to send, a way to leave and a loader.
 */
import { AppError, serializeError } from '../common/errors/app-error.js';
import type { Decoder } from './generation/decoder.js';
import { EngineLoop } from './generation/engine-loop.js';
import { fewestAgreeingRows } from './generation/row-agreement.js';
import { Scheduler } from './generation/scheduler.js';
import {
  HEARTBEAT_INTERVAL_MS,
  type DecoderModel,
  type EngineOptions,
  type EngineStats,
  type FromEngine,
  type GenerationRequest,
  type LoadReport,
  type PredictLoadReport,
  type PredictOptions,
  type ToEngine,
} from './protocol.js';
import { RunLoop, type RunRequest } from './tensors/run-loop.js';
import type { TensorRunner } from './tensors/tensor-session.js';

/** What loading a decoder alone can tell. */
type DecoderReport = Omit<LoadReport, 'fewestRows'>;

/** A loaded one-shot model. */
export interface OneShotModel extends TensorRunner {
  /** Ends a run under way, and every later one. */
  terminate: () => void;
  /** Not under a run. */
  dispose: () => void;
}

export interface EnginePorts {
  send: (message: FromEngine) => void;
  /** Resolves when the message has left this process, so that it arrives whatever happens next. */
  sendAhead: (message: FromEngine) => Promise<void>;
  load: (model: DecoderModel, options: EngineOptions) => Promise<{ decoder: Decoder; report: DecoderReport }>;
  loadPredict: (
    modelFile: string,
    options: PredictOptions,
  ) => Promise<{ session: OneShotModel; report: PredictLoadReport }>;
  /** Ends the process once what was sent is on its way. */
  leave: (exitCode: number) => void;
  /** Milliseconds on a clock that never goes back. */
  nowMs: () => number;
}

/** The decoder fails every time: a new process may do better. */
export const EXIT_DECODER_FAILED = 3;

const NO_STATS: EngineStats = {
  steps: 0,
  running: 0,
  waiting: 0,
  kvTokensUsed: 0,
  kvTokensTotal: 0,
  prefillTokens: 0,
  decodeTokens: 0,
  cachedTokens: 0,
  sinceProgressMs: 0,
};

export class EngineProcess {
  private loading = false;
  private decoder: Decoder | null = null;
  private loop: EngineLoop | null = null;
  private oneShot: OneShotModel | null = null;
  private runs: RunLoop | null = null;

  constructor(private readonly ports: EnginePorts) {
    // Runs are asynchronous, so the timer also fires while one is under way; it dies with the process.
    setInterval(() => this.beat(), HEARTBEAT_INTERVAL_MS).unref();
  }

  receive(message: ToEngine): void {
    switch (message.kind) {
      case 'load':
        void this.load(message.model, message.options);
        return;
      case 'generate':
        this.generate(message.id, message.request);
        return;
      case 'loadPredict':
        void this.loadPredict(message.modelFile, message.options);
        return;
      case 'run':
        this.run(message);
        return;
      case 'abort':
        this.loop?.abort(message.id);
        this.runs?.abort(message.id);
        return;
      case 'shutdown':
        void this.shutdown();
        return;
      default:
        throw new Error(`unknown message: ${JSON.stringify(message satisfies never)}`);
    }
  }

  private beat(): void {
    this.ports.send({ kind: 'heartbeat', stats: (this.loop ?? this.runs)?.stats() ?? NO_STATS });
  }

  private async load(model: DecoderModel, options: EngineOptions): Promise<void> {
    this.beginLoading();
    try {
      const { decoder, report } = await this.ports.load(model, options);
      this.decoder = decoder;
      const fewestRows = options.exactBatching ? await this.fewestRows(decoder) : 1;
      const { slots, capacity } = decoder;
      this.loop = new EngineLoop({
        decoder,
        scheduler: new Scheduler({ slots, capacity, fewestRows, ...options }, this.ports.nowMs),
        eosTokenIds: model.eosTokenIds,
        post: (events) => this.ports.send({ kind: 'step', events }),
        giveUp: (error) => this.giveUp(error),
        nowMs: this.ports.nowMs,
      });
      this.ports.send({ kind: 'loaded', report: { ...report, fewestRows } });
    } catch (error) {
      this.sendFailed(error);
    }
  }

  private async loadPredict(modelFile: string, options: PredictOptions): Promise<void> {
    this.beginLoading();
    try {
      const { session, report } = await this.ports.loadPredict(modelFile, options);
      const required = report.inputs.filter((input) => !input.optional).map((input) => input.name);
      this.oneShot = session;
      this.runs = new RunLoop({
        runner: session,
        joinedInputs: report.batching.enabled ? new Set(required) : null,
        limits: options,
        announce: (ids) => this.ports.sendAhead({ kind: 'running', ids }),
        post: this.ports.send,
        nowMs: this.ports.nowMs,
      });
      this.ports.send({ kind: 'loadedPredict', report });
    } catch (error) {
      this.sendFailed(error);
    }
  }

  private beginLoading(): void {
    if (this.loading) throw new Error('an engine process loads one model, once');
    this.loading = true;
  }

  /** The process stays until its parent has read why and ends it: an exit would look like a crash to restart from. */
  private sendFailed(error: unknown): void {
    this.ports.send({ kind: 'failed', error: serializeError(error) });
  }

  private async fewestRows(decoder: Decoder): Promise<number> {
    const fewest = await fewestAgreeingRows(decoder);
    if (fewest === null) {
      console.error('engine: on this hardware a row’s logits depend on its company; a text may too, at near ties');
    }
    return fewest ?? 1;
  }

  private generate(id: number, request: GenerationRequest): void {
    if (this.loop === null) {
      const error = serializeError(new AppError('model_loading', 'the model is still loading'));
      this.ports.send({ kind: 'step', events: [{ kind: 'error', id, error }] });
      return;
    }
    this.loop.generate(id, request);
    this.loop.start();
  }

  private run({ id, inputs, outputs, alone }: RunRequest): void {
    if (this.runs === null) {
      const error = serializeError(new AppError('model_loading', 'the model is still loading'));
      this.ports.send({ kind: 'runError', id, error });
      return;
    }
    this.runs.submit({ id, inputs, outputs, alone });
  }

  private giveUp(error: Error): void {
    console.error(`engine: ${error.message}`);
    this.ports.leave(EXIT_DECODER_FAILED);
  }

  /**
   * Waits for the run under way: its memory must not be freed beneath it. A decoder's run is short; a one-shot model's
   * is ended at its next node. Loading runs the model too, and is not waited for: the process's end frees what it holds.
   */
  private async shutdown(): Promise<void> {
    if (this.loop !== null) {
      await this.loop.stop();
      this.decoder?.dispose();
    }
    if (this.runs !== null) {
      this.oneShot?.terminate();
      await this.runs.stop();
      this.oneShot?.dispose();
    }
    this.ports.leave(0);
  }
}

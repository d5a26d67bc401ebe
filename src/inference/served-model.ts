/**
 * One language model with everything it takes to serve it: tokenizer, engine, admission. The `LanguageModel` of the rooms.
 */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { AppError } from '../common/errors/app-error.js';
import type { DrainService } from '../common/lifecycle/drain.service.js';
import type { EngineOptions, GenerationRequest, LoadReport } from '../engine/protocol.js';
import { Admission } from './admission.js';
import type { ChatManifest } from './catalog/manifest.js';
import { EngineClient } from './engine-client.js';
import type { SpawnEngine } from './engine-process.js';
import { EngineSupervisor } from './engine-supervisor.js';
import type { ModelState, TextEvent, TextRequest } from './generation.js';
import type { LanguageModel } from './language-model.js';
import type { ModelObserver } from './model-observer.js';
import { EventRecorder } from './event-recorder.js';
import { explainLoadFailure } from './load-failure.js';
import { refuseUnlessServing } from './serving-state.js';
import { textEvents } from './text-generation.js';
import { StopMatcher } from './tokenizer/stop-matcher.js';
import { TextStream } from './tokenizer/text-stream.js';
import type { Tokenizer } from './tokenizer/tokenizer.js';

export interface ServedModelSettings {
  engine: EngineOptions;
  maxQueue: number;
  stallMs: number;
}

export class ServedModel implements LanguageModel {
  private readonly client = new EngineClient();
  private readonly supervisor: EngineSupervisor;
  private readonly admission: Admission;

  constructor(
    readonly manifest: ChatManifest,
    readonly tokenizer: Tokenizer,
    private readonly settings: ServedModelSettings,
    spawn: SpawnEngine,
    private readonly drain: DrainService,
    private readonly observer: ModelObserver,
  ) {
    this.supervisor = new EngineSupervisor(
      spawn,
      this.client,
      {
        load: { kind: 'load', model: manifest.decoder, options: settings.engine },
        explainRefusal: (message) => explainLoadFailure(message, basename(manifest.decoder.modelFile)),
        stallMs: settings.stallMs,
      },
      observer,
    );
    this.admission = new Admission(settings.engine.maxSlots, settings.maxQueue);
  }

  get state(): ModelState {
    return this.supervisor.state;
  }

  get reason(): string | null {
    return this.supervisor.reason;
  }

  get report(): LoadReport | null {
    return this.supervisor.report;
  }

  get capacity(): number {
    // A graph may hold fewer positions than its files say; only the engine has seen it.
    return this.report?.capacity ?? Math.min(this.manifest.contextLength, this.settings.engine.maxContext);
  }

  get fingerprint(): string {
    const report = this.report;
    const engine = report === null ? '' : `${report.provider} ${report.runtimeVersion} ${report.kvElementType}`;
    return `fp_${createHash('sha256').update(`${this.manifest.digest} ${engine}`).digest('hex').slice(0, 12)}`;
  }

  /** What readiness and liveness report. */
  get health() {
    const { state, reason, sinceProgressMs, restarts } = this.supervisor;
    return { id: this.manifest.id, state, reason, sinceProgressMs, restarts };
  }

  /** Requests between admission and end. */
  get inFlight(): number {
    return this.admission.inFlight;
  }

  start(): void {
    this.supervisor.start();
  }

  async stop(): Promise<void> {
    await this.supervisor.stop();
    this.client.failAll(new AppError('shutting_down', 'The service has shut down.'));
  }

  async *generate(request: TextRequest, signal: AbortSignal): AsyncGenerator<TextEvent, void, undefined> {
    refuseUnlessServing(this.manifest.id, this.supervisor, this.drain);
    const engineRequest = this.engineRequest(request);
    signal.throwIfAborted();
    this.admission.admit();
    const acceptedAt = performance.now();
    const record = this.observer.requestAccepted();
    const run = this.client.submit(engineRequest);
    const leave = () => {
      run.events.fail(signal.reason);
      this.client.abort(run);
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      const stream = new TextStream(this.tokenizer);
      const stops = new StopMatcher(request.stop, { include: request.includeStop });
      const recorder = new EventRecorder(record, acceptedAt);
      for await (const event of textEvents(run.events, request, stream, stops)) {
        recorder.record(event);
        yield event;
      }
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'internal_error';
      if (code !== 'client_closed_request') record.failed(code);
      throw error;
    } finally {
      signal.removeEventListener('abort', leave);
      this.client.abort(run);
      this.admission.release(performance.now() - acceptedAt);
      // Without effect on a request that finished or failed.
      record.cancelled();
    }
  }

  /** @throws AppError `context_length_exceeded` with the numbers */
  private engineRequest(request: TextRequest): GenerationRequest {
    const prompt = request.promptIds.length;
    const left = this.capacity - prompt;
    if (left < 1 || (request.maxTokens ?? 1) > left) {
      const asked =
        request.maxTokens === null
          ? ''
          : ` and ${request.maxTokens} for the answer (${prompt + request.maxTokens} in all)`;
      throw new AppError(
        'context_length_exceeded',
        `This model holds ${this.capacity} tokens; the messages take ${prompt}${asked}. ` +
          `Shorten the messages${left > 0 ? ` or ask for at most ${left} tokens` : ''}.`,
        { param: 'messages' },
      );
    }
    return {
      promptIds: request.promptIds,
      sampling: request.sampling,
      maxTokens: request.maxTokens ?? left,
      minTokens: request.minTokens,
      ignoreEos: request.ignoreEos,
      stopTokenIds: request.stopTokenIds,
      cacheScope: request.cacheScope,
    };
  }
}

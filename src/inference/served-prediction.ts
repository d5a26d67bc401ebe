/**
 * One one-shot model with everything it takes to serve it: engine, admission, replay. The `PredictionModel` of the rooms.
 */
import { basename } from 'node:path';
import { AppError } from '../common/errors/app-error.js';
import type { DrainService } from '../common/lifecycle/drain.service.js';
import type { RequestMetrics } from '../common/metrics/request-metrics.js';
import type { NamedValue, PredictLoadReport, PredictOptions } from '../engine/protocol.js';
import { Admission } from './admission.js';
import { withFittingLabels } from './catalog/labels.js';
import type { PredictManifest } from './catalog/manifest.js';
import type { SpawnEngine } from './engine-process.js';
import { EngineSupervisor } from './engine-supervisor.js';
import type { ModelState } from './generation.js';
import { explainLoadFailure } from './load-failure.js';
import type { ModelObserver } from './model-observer.js';
import { PredictClient } from './predict-client.js';
import type { Prediction, PredictionModel } from './prediction-model.js';
import { refuseUnlessServing } from './serving-state.js';

export interface ServedPredictionSettings {
  engine: PredictOptions;
  maxQueue: number;
  stallMs: number;
}

/** Enough at the engine to fill the next run while one is under way, and no more than a few large bodies. */
const WINDOW_BYTES = 64 * 1024 * 1024;
const WINDOW_RUNS = 2;

export class ServedPrediction implements PredictionModel {
  private readonly client: PredictClient;
  private readonly supervisor: EngineSupervisor<PredictLoadReport>;
  private readonly admission: Admission;
  private known: PredictManifest;

  /** @param onDisk what the folder's files say; judged against the graph's signature once that is known */
  constructor(
    onDisk: PredictManifest,
    settings: ServedPredictionSettings,
    spawn: SpawnEngine,
    private readonly drain: DrainService,
    private readonly observer: ModelObserver<PredictLoadReport>,
  ) {
    this.known = onDisk;
    this.client = new PredictClient({ requests: WINDOW_RUNS * settings.engine.maxBatch, bytes: WINDOW_BYTES });
    this.supervisor = new EngineSupervisor(
      spawn,
      this.client,
      {
        load: { kind: 'loadPredict', modelFile: onDisk.modelFile, options: settings.engine },
        explainRefusal: (message) => explainLoadFailure(message, basename(onDisk.modelFile)),
        stallMs: settings.stallMs,
      },
      {
        ...observer,
        loaded: (report) => {
          this.known = withFittingLabels(onDisk, report.outputs);
          observer.loaded(report);
        },
      },
    );
    this.admission = new Admission(1, settings.maxQueue);
  }

  get manifest(): PredictManifest {
    return this.known;
  }

  get state(): ModelState {
    return this.supervisor.state;
  }

  get reason(): string | null {
    return this.supervisor.reason;
  }

  get report(): PredictLoadReport | null {
    return this.supervisor.report;
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

  async run(inputs: NamedValue[], outputs: string[] | null, signal: AbortSignal): Promise<Prediction> {
    refuseUnlessServing(this.manifest.id, this.supervisor, this.drain);
    signal.throwIfAborted();
    this.admission.admit();
    const acceptedAt = performance.now();
    const record = this.observer.requestAccepted();
    const run = this.client.submit(inputs, outputs, () => record.started());
    const leave = () => this.client.abort(run, signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    let serviceMs: number | null = null;
    try {
      const prediction = await run.result;
      // Its share of the engine: the queue drains at this pace.
      serviceMs = prediction.timings.runMs / Math.max(1, prediction.timings.batchSize);
      recordPrediction(record, prediction, performance.now() - acceptedAt);
      return prediction;
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'internal_error';
      if (code !== 'client_closed_request') record.failed(code);
      throw error;
    } finally {
      signal.removeEventListener('abort', leave);
      this.admission.release(serviceMs);
      // Without effect on a request that finished or failed.
      record.cancelled();
    }
  }
}

function recordPrediction(record: RequestMetrics, { timings }: Prediction, totalMs: number): void {
  record.predicted({
    queueSeconds: timings.queueMs / 1000,
    runSeconds: timings.runMs / 1000,
    batchSize: timings.batchSize,
    totalSeconds: totalMs / 1000,
  });
}

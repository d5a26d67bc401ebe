/**
 * The front of the engine room: reads the model folders, starts an engine per model, hands out models by id.
 */
import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../common/config/config.js';
import { DrainService } from '../common/lifecycle/drain.service.js';
import { Metrics } from '../common/metrics/metrics.js';
import type { EngineOptions, LoadReport, PredictLoadReport, PredictOptions } from '../engine/protocol.js';
import { readCatalog } from './catalog/catalog.js';
import {
  describeDiagnosis,
  type ChatManifest,
  type Diagnosis,
  type Manifest,
  type PredictManifest,
} from './catalog/manifest.js';
import { forkEngine } from './engine-process.js';
import type { ModelState } from './generation.js';
import type { LanguageModel } from './language-model.js';
import { ModelDirectory, type AnyModel } from './model-directory.js';
import { observeModel } from './model-observer.js';
import type { PredictionModel } from './prediction-model.js';
import { ServedModel } from './served-model.js';
import { ServedPrediction } from './served-prediction.js';
import { loadTokenizer } from './tokenizer/load-tokenizer.js';

/** Prompt tokens prefilled per step: small while others decode, so that their next token does not wait long. */
const PREFILL_CHUNK = { busy: 64, idle: 512 };

export interface InferenceHealth {
  models: { id: string; state: ModelState; reason: string | null; sinceProgressMs: number; restarts: number }[];
  draining: boolean;
}

/** A model whose first engine is ready. */
export type LoadedModel =
  | { task: 'chat'; manifest: ChatManifest; report: LoadReport }
  | { task: 'predict'; manifest: PredictManifest; report: PredictLoadReport };

type OnLoaded = (loaded: LoadedModel) => void;

@Injectable()
export class InferenceService {
  private readonly log = new Logger('Inference');
  private served: (ServedModel | ServedPrediction)[] = [];
  private directory = new ModelDirectory([]);
  private broken: Diagnosis[] = [];

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly drain: DrainService,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Reads MODEL_PATH and starts an engine per model; returns before they are loaded.
   * @param onLoaded called once per model, when its first engine is ready
   */
  async start(onLoaded: OnLoaded = () => undefined): Promise<void> {
    if (this.config.MODEL_PATH === null) return;
    const { manifests, diagnoses } = await readCatalog(this.config.MODEL_PATH);
    this.broken = diagnoses;
    for (const diagnosis of diagnoses) {
      this.log.error(`${diagnosis.folder} cannot be served: ${describeDiagnosis(diagnosis)}`);
    }
    for (const manifest of manifests) {
      const model = await this.prepare(manifest, onLoaded);
      this.served.push(model);
      this.directory = new ModelDirectory(this.served);
      model.start();
    }
  }

  /** Language models, sorted by name. */
  models(): LanguageModel[] {
    return this.directory.languageModels();
  }

  /** One-shot models, sorted by name. */
  predictionModels(): PredictionModel[] {
    return this.directory.predictionModels();
  }

  /** Sorted by name. */
  allModels(): readonly AnyModel[] {
    return this.directory.all;
  }

  /**
   * @param id a language model's id or name; the first one when undefined
   * @throws AppError `model_not_found`, `unsupported_workload`
   */
  model(id?: string): LanguageModel {
    return this.directory.languageModel(id);
  }

  /**
   * @param id a one-shot model's id or name; the first one when undefined
   * @throws AppError `model_not_found`, `unsupported_workload`
   */
  predictionModel(id?: string): PredictionModel {
    return this.directory.predictionModel(id);
  }

  /**
   * @param id a model's id or name, whatever it does; the first model when undefined
   * @throws AppError `model_not_found`
   */
  anyModel(id?: string): AnyModel {
    return this.directory.any(id);
  }

  /** Folders under MODEL_PATH that cannot be served. */
  diagnoses(): Diagnosis[] {
    return this.broken;
  }

  health(): InferenceHealth {
    return { models: this.served.map((model) => model.health), draining: this.drain.draining };
  }

  /** Requests between admission and end, over all models. */
  get inFlight(): number {
    return this.served.reduce((sum, model) => sum + model.inFlight, 0);
  }

  async stop(): Promise<void> {
    await Promise.all(this.served.map((model) => model.stop()));
  }

  private prepare(manifest: Manifest, onLoaded: OnLoaded): Promise<ServedModel> | ServedPrediction {
    return manifest.task === 'chat' ? this.prepareChat(manifest, onLoaded) : this.preparePrediction(manifest, onLoaded);
  }

  private async prepareChat(manifest: ChatManifest, onLoaded: OnLoaded): Promise<ServedModel> {
    const tokenizer = await loadTokenizer(manifest);
    const settings = { engine: this.engineOptions(manifest), ...this.limits() };
    const observed = { id: manifest.id, workload: manifest.task };
    const observer = observeModel<LoadReport>(observed, this.metrics, this.log, (report) =>
      onLoaded({ task: 'chat', manifest, report }),
    );
    return new ServedModel(manifest, tokenizer, settings, forkEngine, this.drain, observer);
  }

  private preparePrediction(onDisk: PredictManifest, onLoaded: OnLoaded): ServedPrediction {
    const observed = { id: onDisk.id, workload: onDisk.task };
    const observer = observeModel<PredictLoadReport>(observed, this.metrics, this.log, (report) => {
      // Only now complete: some warnings need the graph's signature.
      const { manifest } = model;
      for (const warning of manifest.warnings) this.log.warn(`${manifest.id}: ${describeDiagnosis(warning)}`);
      onLoaded({ task: 'predict', manifest, report });
    });
    const settings = { engine: this.predictOptions(), ...this.limits() };
    const model = new ServedPrediction(onDisk, settings, forkEngine, this.drain, observer);
    return model;
  }

  private limits() {
    return { maxQueue: this.config.MAX_QUEUE, stallMs: this.config.ENGINE_STALL_MS };
  }

  private predictOptions(): PredictOptions {
    return {
      provider: this.config.EXECUTION_PROVIDER,
      threads: this.config.ENGINE_THREADS,
      batching: this.config.PREDICT_BATCHING,
      maxBatch: this.config.PREDICT_MAX_BATCH,
      maxDelayMs: this.config.PREDICT_MAX_DELAY_MS,
      maxOutputBytes: this.config.PREDICT_MAX_OUTPUT_BYTES,
    };
  }

  private engineOptions(manifest: ChatManifest): EngineOptions {
    return {
      provider: this.config.EXECUTION_PROVIDER,
      threads: this.config.ENGINE_THREADS,
      maxSlots: this.config.MAX_SLOTS,
      maxContext: Math.min(this.config.MAX_CONTEXT ?? manifest.contextLength, manifest.contextLength),
      prefixCache: this.config.PREFIX_CACHE,
      prefillChunk: PREFILL_CHUNK,
      exactBatching: this.config.EXACT_BATCHING,
    };
  }
}

/**
 * The front of the engine room: reads the model folders, starts an engine per model, hands out models by id.
 */
import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../common/config/config.js';
import { AppError } from '../common/errors/app-error.js';
import { DrainService } from '../common/lifecycle/drain.service.js';
import { Metrics } from '../common/metrics/metrics.js';
import type { EngineOptions, LoadReport } from '../engine/protocol.js';
import { readCatalog } from './catalog/catalog.js';
import { describeDiagnosis, type ChatManifest, type Diagnosis } from './catalog/manifest.js';
import { forkEngine } from './engine-process.js';
import type { ModelState } from './generation.js';
import type { LanguageModel } from './language-model.js';
import { observeModel } from './model-observer.js';
import { ServedModel } from './served-model.js';
import { loadTokenizer } from './tokenizer/load-tokenizer.js';

/** Prompt tokens prefilled per step: small while others decode, so that their next token does not wait long. */
const PREFILL_CHUNK = { busy: 64, idle: 512 };

export interface InferenceHealth {
  models: { id: string; state: ModelState; reason: string | null; sinceProgressMs: number; restarts: number }[];
  draining: boolean;
}

@Injectable()
export class InferenceService {
  private readonly log = new Logger('Inference');
  private served: ServedModel[] = [];
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
  async start(onLoaded: (manifest: ChatManifest, report: LoadReport) => void = () => undefined): Promise<void> {
    if (this.config.MODEL_PATH === null) return;
    const { manifests, diagnoses } = await readCatalog(this.config.MODEL_PATH);
    this.broken = diagnoses;
    for (const diagnosis of diagnoses) this.log.error(describeDiagnosis(diagnosis));
    for (const manifest of manifests) {
      const model = await this.prepare(manifest, onLoaded);
      this.served.push(model);
      model.start();
    }
  }

  /** Sorted by name. */
  models(): LanguageModel[] {
    return this.served;
  }

  /**
   * @param id a model's id or name; the first model when undefined
   * @throws AppError `model_not_found`
   */
  model(id?: string): LanguageModel {
    const found =
      id === undefined
        ? this.served[0]
        : (this.served.find((model) => model.manifest.id === id) ??
          this.served.find((model) => model.manifest.name === id));
    if (found) return found;
    const ids = this.served.map((model) => `"${model.manifest.id}"`).join(', ');
    const named = id === undefined ? 'No model is loaded' : `The model "${id}" is not served here`;
    throw new AppError('model_not_found', `${named}${ids === '' ? '.' : `; served: ${ids}.`}`, { param: 'model' });
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

  private async prepare(
    manifest: ChatManifest,
    onLoaded: (manifest: ChatManifest, report: LoadReport) => void,
  ): Promise<ServedModel> {
    const tokenizer = await loadTokenizer(manifest);
    const settings = {
      engine: this.engineOptions(manifest),
      maxQueue: this.config.MAX_QUEUE,
      stallMs: this.config.ENGINE_STALL_MS,
    };
    const observer = observeModel(manifest.id, this.metrics, this.log, (report) => onLoaded(manifest, report));
    return new ServedModel(manifest, tokenizer, settings, forkEngine, this.drain, observer);
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

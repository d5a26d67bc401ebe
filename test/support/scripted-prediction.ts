/**
 * A scripted twin of `PredictionModel`: it records what it is asked and answers as the test told it to. No engine.
 */
import type { PredictManifest } from '../../src/inference/catalog/manifest.js';
import type { ModelState } from '../../src/inference/generation.js';
import type {
  NamedValue,
  Prediction,
  PredictionModel,
  PredictLoadReport,
} from '../../src/inference/prediction-model.js';
import { scriptedPredictReport } from './scripted-engine.js';

/** May throw, or answer late. */
export type Answer = (
  inputs: NamedValue[],
  outputs: string[] | null,
  signal: AbortSignal,
) => NamedValue[] | Promise<NamedValue[]>;

export interface ScriptedPredictionOptions {
  id?: string;
  manifest?: Partial<PredictManifest>;
  report?: Partial<PredictLoadReport>;
  state?: ModelState;
  answer?: Answer;
}

export class ScriptedPrediction implements PredictionModel {
  readonly manifest: PredictManifest;
  /** Every request that reached `run`, oldest first. */
  readonly requests: { inputs: NamedValue[]; outputs: string[] | null }[] = [];
  state: ModelState;
  answer: Answer;
  private readonly loaded: PredictLoadReport;

  constructor(options: ScriptedPredictionOptions = {}) {
    const id = options.id ?? 'scripted-prediction:1';
    const [name, version] = id.split(':');
    this.manifest = {
      task: 'predict',
      id,
      name,
      version: version ?? null,
      folder: '/models/scripted-prediction',
      modelFile: '/models/scripted-prediction/model.onnx',
      sizeBytes: 1000,
      created: 1_700_000_000,
      digest: '1'.repeat(64),
      labels: null,
      preprocessor: null,
      warnings: [],
      ...options.manifest,
    };
    this.state = options.state ?? 'ready';
    this.answer = options.answer ?? ((inputs) => inputs);
    this.loaded = { ...scriptedPredictReport, ...options.report };
  }

  get report(): PredictLoadReport | null {
    return this.state === 'loading' ? null : this.loaded;
  }

  async run(inputs: NamedValue[], outputs: string[] | null, signal: AbortSignal): Promise<Prediction> {
    this.requests.push({ inputs, outputs });
    signal.throwIfAborted();
    return {
      outputs: await this.answer(inputs, outputs, signal),
      timings: { queueMs: 1, runMs: 2, batchSize: 1 },
    };
  }
}

/**
 * A scripted twin of `PredictionModel`: it records what it is asked and answers what the test told it to. No engine, no
 * files. Told nothing, it gives back its inputs under the names of its outputs.
 */
import type { PredictManifest } from '../../src/inference/catalog/manifest.js';
import type { ModelState } from '../../src/inference/generation.js';
import type {
  Dtype,
  NamedValue,
  Prediction,
  PredictionModel,
  PredictLoadReport,
  ValueSignature,
} from '../../src/inference/prediction-model.js';

/** What one request gets: given at once, late, or thrown. */
export type Answer = (
  inputs: NamedValue[],
  outputs: string[] | null,
  signal: AbortSignal,
) => NamedValue[] | Promise<NamedValue[]>;

export interface ScriptedPredictionOptions {
  id?: string;
  inputs?: ValueSignature[];
  outputs?: ValueSignature[];
  manifest?: Partial<PredictManifest>;
  custom?: Record<string, string>;
  report?: Partial<PredictLoadReport>;
  state?: ModelState;
  answer?: Answer;
}

const ONNX_WORDS: Partial<Record<Dtype, string>> = { float32: 'float', float64: 'double' };

/** A tensor of the signature; `shape` null: of any rank. */
export function signatureOf(
  name: string,
  dtype: Dtype,
  shape: ValueSignature['shape'],
  optional = false,
): ValueSignature {
  return { name, type: `tensor(${ONNX_WORDS[dtype] ?? dtype})`, dtype, shape, optional };
}

const twoFeatures = [signatureOf('x', 'float32', ['N', 2])];

export class ScriptedPrediction implements PredictionModel {
  readonly manifest: PredictManifest;
  /** Every request that reached `run`, oldest first. */
  readonly requests: { inputs: NamedValue[]; outputs: string[] | null }[] = [];
  /** Requests whose signal fired before they were over. */
  cancelled = 0;
  state: ModelState;
  answer: Answer;
  private readonly loaded: PredictLoadReport;

  constructor(options: ScriptedPredictionOptions = {}) {
    const id = options.id ?? 'scripted-prediction:1';
    const [name, version] = id.split(':');
    this.manifest = { ...scriptedManifest, id, name, version: version ?? null, ...options.manifest };
    this.state = options.state ?? 'ready';
    const inputs = options.inputs ?? twoFeatures;
    const outputs = options.outputs ?? inputs.map((input) => ({ ...input, name: `${input.name}_out` }));
    this.loaded = { ...scriptedReport(inputs, outputs, options.custom ?? {}), ...options.report };
    this.answer = options.answer ?? ((given) => echo(given, outputs));
  }

  get reason(): string | null {
    return this.state === 'ready' ? null : `scripted: ${this.state}`;
  }

  get report(): PredictLoadReport | null {
    return this.state === 'loading' ? null : this.loaded;
  }

  async run(inputs: NamedValue[], outputs: string[] | null, signal: AbortSignal): Promise<Prediction> {
    this.requests.push({ inputs, outputs });
    signal.throwIfAborted();
    const gone = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    try {
      const given = await Promise.race([this.answer(inputs, outputs, signal), gone]);
      const wanted = outputs === null ? given : given.filter(({ name }) => outputs.includes(name));
      return { outputs: wanted, timings: { queueMs: 1, runMs: 2, batchSize: 1 } };
    } catch (error) {
      if (signal.aborted) this.cancelled += 1;
      throw error;
    }
  }
}

function echo(inputs: readonly NamedValue[], outputs: readonly ValueSignature[]): NamedValue[] {
  return inputs.map(({ value }, index) => ({ name: outputs[index]?.name ?? `output_${index}`, value }));
}

const scriptedManifest: PredictManifest = {
  task: 'predict',
  id: 'scripted-prediction:1',
  name: 'scripted-prediction',
  version: '1',
  folder: '/models/scripted-prediction',
  modelFile: '/models/scripted-prediction/model.onnx',
  sizeBytes: 1000,
  created: 1_700_000_000,
  digest: '1'.repeat(64),
  labels: null,
  preprocessor: null,
  warnings: [],
};

function scriptedReport(
  inputs: ValueSignature[],
  outputs: ValueSignature[],
  custom: Record<string, string>,
): PredictLoadReport {
  return {
    provider: 'cpu',
    providerReason: 'scripted',
    runtimeVersion: '0.0.0',
    loadMs: 1,
    warmupMs: 1,
    inputs,
    outputs,
    batching: { enabled: true, reason: 'scripted' },
    graph: {
      opsets: { '': 17 },
      irVersion: 8,
      producer: 'scripted',
      producerVersion: '1',
      domain: '',
      name: 'scripted',
      description: '',
      modelVersion: '1',
      custom,
    },
  };
}

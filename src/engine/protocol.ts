/**
 * The seam: every message between the server process and an engine process, as plain tagged values.
 *
 * It knows ids, numbers and tensors. It does not know text, HTTP or Nest. Both processes import this file and
 * nothing else of each other; it must stay free of code with effects.
 */
import type { SerializedError } from '../common/errors/app-error.js';

// ── Loading ──────────────────────────────────────────────────────────────────────────────────────────────

export type ProviderChoice = 'auto' | 'cpu' | 'cuda';

/** The files and names of a decoder-only model, as the catalog read them. All paths are absolute. */
export interface DecoderModel {
  modelFile: string;
  contextLength: number;
  vocabSize: number;
  /** Sampling ends after any of these. */
  eosTokenIds: number[];
  inputs: { inputIds: string; attentionMask: string; positionIds: string; pastKey: string; pastValue: string };
  /** `pastKey` and its like hold `%d` where the layer's number goes. */
  outputs: { logits: string; presentKey: string; presentValue: string };
}

/** `off`: never. `prompt`: rows written by prefill only, bit-exact. `all`: generated rows too, equal up to near ties. */
export type PrefixCacheMode = 'off' | 'prompt' | 'all';

export interface EngineOptions {
  provider: ProviderChoice;
  /** Intra-op threads of ONNX Runtime. */
  threads: number;
  /** Sequences decoded together. */
  maxSlots: number;
  /** Tokens a sequence may hold; never above the model's context length. */
  maxContext: number;
  prefixCache: PrefixCacheMode;
  /** Prompt tokens prefilled per step while others decode, and when none does. */
  prefillChunk: { busy: number; idle: number };
  /** Whether a row must have the same bits in any company, also where that takes an idle row beside a lone one. */
  exactBatching: boolean;
}

/** What loading found: shown at start, in `/v1/model` and in the metrics. */
export interface LoadReport {
  provider: 'cpu' | 'cuda';
  providerReason: string;
  runtimeVersion: string;
  loadMs: number;
  warmupMs: number;
  slots: number;
  /** Tokens per slot. */
  capacity: number;
  kvBytesPerToken: number;
  kvElementType: string;
  /** Whether the graph was edited at load to compute logits for the last position only. */
  lastPositionOnly: boolean;
  /** Rows of the smallest decode run: 2 where a lone row would have other bits than one in company. */
  fewestRows: number;
}

// ── Generation ───────────────────────────────────────────────────────────────────────────────────────────

/** Numbers as the caller gave them, already validated. `temperature` 0 means greedy. */
export interface SamplingParameters {
  temperature: number;
  topP: number;
  /** 0: off. */
  topK: number;
  minP: number;
  presencePenalty: number;
  frequencyPenalty: number;
  /** 1: off. */
  repetitionPenalty: number;
  /** Pairs of token id and bias added to its logit. */
  logitBias: [tokenId: number, bias: number][];
  /** Unsigned 64-bit, or null: the engine draws one. */
  seed: bigint | null;
}

export interface GenerationRequest {
  promptIds: Int32Array;
  sampling: SamplingParameters;
  /** At least 1; prompt + maxTokens never exceeds the capacity. */
  maxTokens: number;
  /** No end-of-sequence token before this many tokens. */
  minTokens: number;
  ignoreEos: boolean;
  /** Further ids that end the sequence like an end-of-sequence token. */
  stopTokenIds: number[];
  /** Prompts share cached rows only within one scope. */
  cacheScope: string;
}

/** `eos`: an end-of-sequence or stop token came (it is not reported as a token). `length`: maxTokens reached. */
export type EndReason = 'eos' | 'length';

export interface GenerationTimings {
  queueMs: number;
  prefillMs: number;
  decodeMs: number;
}

/** What one step means for one request. */
export type StepEvent =
  | { kind: 'token'; id: number; token: number }
  | {
      kind: 'end';
      id: number;
      reason: EndReason;
      /** The token that ended it, when `reason` is `eos`. */
      stopToken: number | null;
      promptTokens: number;
      cachedTokens: number;
      completionTokens: number;
      timings: GenerationTimings;
    }
  /** Sent once, when the first prefill chunk of a request starts. */
  | { kind: 'started'; id: number; cachedTokens: number; queueMs: number }
  | { kind: 'error'; id: number; error: SerializedError };

/** Numbers a person or a probe wants to know; sent with every heartbeat. */
export interface EngineStats {
  steps: number;
  running: number;
  waiting: number;
  /** Tokens held by running sequences, and the most that all slots can hold. */
  kvTokensUsed: number;
  kvTokensTotal: number;
  prefillTokens: number;
  decodeTokens: number;
  cachedTokens: number;
  /** Milliseconds since the last finished step, while there was work; 0 when idle. */
  sinceProgressMs: number;
}

// ── Prediction ───────────────────────────────────────────────────────────────────────────────────────────

export type Dtype =
  | 'float16'
  | 'float32'
  | 'float64'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool'
  | 'string';

/** Row-major. float16 as its bits in a Uint16Array, bool as 0 and 1 in a Uint8Array, strings as a list. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | string[];

export interface TensorValue {
  kind: 'tensor';
  dtype: Dtype;
  shape: number[];
  data: TensorData;
}

/** What a graph may take or give: a tensor, a list, or a table of a classifier's labels and scores. */
export type GraphValue =
  | TensorValue
  | { kind: 'sequence'; items: GraphValue[] }
  | { kind: 'map'; keys: string[] | bigint[]; values: number[] | bigint[] | string[] };

export interface NamedValue {
  name: string;
  value: GraphValue;
}

/** An input or output as the graph declares it. A free axis is its symbolic name, or null where it has none. */
export interface ValueSignature {
  name: string;
  /** As ONNX writes it: `tensor(float)`, `seq(map(string,tensor(float)))`. */
  type: string;
  /** Null for what is no tensor, and for element types that are not served (bfloat16, float8, complex). */
  dtype: Dtype | null;
  /** Null when the rank is not declared. */
  shape: (number | string | null)[] | null;
  /** An input that has a default in the graph. */
  optional: boolean;
}

export interface PredictOptions {
  provider: ProviderChoice;
  threads: number;
  /** `auto`: where requests cannot change each other's answers. */
  batching: 'off' | 'auto' | 'on';
  /** Rows that one run may join. */
  maxBatch: number;
  /** How long a request may wait for company while another run is under way; alone it never waits. */
  maxDelayMs: number;
  /** A run whose outputs would be larger fails as a request error. */
  maxOutputBytes: number;
}

export interface PredictLoadReport {
  provider: 'cpu' | 'cuda';
  providerReason: string;
  runtimeVersion: string;
  loadMs: number;
  warmupMs: number;
  inputs: ValueSignature[];
  outputs: ValueSignature[];
  batching: { enabled: boolean; reason: string };
  graph: {
    opsets: Record<string, number>;
    irVersion: number;
    producer: string;
    producerVersion: string;
    domain: string;
    name: string;
    description: string;
    modelVersion: string;
    custom: Record<string, string>;
  };
}

export interface PredictTimings {
  queueMs: number;
  runMs: number;
  /** Requests joined in the run. */
  batchSize: number;
}

// ── Messages ─────────────────────────────────────────────────────────────────────────────────────────────

export type ToEngine =
  | { kind: 'load'; model: DecoderModel; options: EngineOptions }
  | { kind: 'generate'; id: number; request: GenerationRequest }
  | { kind: 'loadPredict'; modelFile: string; options: PredictOptions }
  /** `outputs`: the names wanted; null: all. `alone`: it must share its run with nobody. */
  | { kind: 'run'; id: number; inputs: NamedValue[]; outputs: string[] | null; alone: boolean }
  | { kind: 'abort'; id: number }
  /** End at once: the parent has already dealt with what was running. */
  | { kind: 'shutdown' };

export type FromEngine =
  | { kind: 'loaded'; report: LoadReport }
  | { kind: 'failed'; error: SerializedError }
  | { kind: 'step'; events: StepEvent[] }
  | { kind: 'loadedPredict'; report: PredictLoadReport }
  /** Sent before a native run: if the engine ends now, these requests are the suspects. */
  | { kind: 'running'; ids: number[] }
  | { kind: 'result'; id: number; outputs: NamedValue[]; timings: PredictTimings }
  | { kind: 'runError'; id: number; error: SerializedError }
  | { kind: 'heartbeat'; stats: EngineStats };

/** Heartbeats come this often, also while a run is under way. */
export const HEARTBEAT_INTERVAL_MS = 500;

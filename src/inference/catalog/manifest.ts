/**
 * What a model folder holds, as one frozen value; or, when it cannot be served, why and what to do about it.
 *
 * It does not read files (`catalog.ts` does) and does not know the engine's state.
 */
import type { DecoderModel } from '../../engine/protocol.js';

/** Defaults a model's own files give for sampling; a request's fields win over them. */
export interface SearchDefaults {
  doSample: boolean;
  temperature: number;
  topP: number;
  topK: number;
  repetitionPenalty: number;
}

export interface ChatManifest {
  task: 'chat';
  /** `name:version`, or the folder's name where the files give neither. */
  id: string;
  name: string;
  version: string | null;
  /** Absolute. */
  folder: string;
  /** The architecture as the files name it: `llama`, `phi3`, … For people; no code decides by it. */
  modelType: string;
  contextLength: number;
  /** Sum of the model's files. */
  sizeBytes: number;
  /** Seconds since the epoch: the newest file. */
  created: number;
  /** Hex SHA-256 over the files' names, sizes and contents (weights: size and sampled blocks). */
  digest: string;
  decoder: DecoderModel;
  search: SearchDefaults;
  tokenizerFile: string;
  /** Jinja source of the chat template and the file it came from; null when the folder has none. */
  chatTemplate: { source: string; file: string } | null;
  /** `bos_token` and its like, as text, for the template. */
  specialTokens: Record<string, string>;
}

export interface PredictManifest {
  task: 'predict';
  id: string;
  name: string;
  version: string | null;
  /** Absolute. */
  folder: string;
  /** Absolute. */
  modelFile: string;
  sizeBytes: number;
  created: number;
  digest: string;
  /** Class names in the order of the classes, from `config.json` (id2label) or `labels.txt`; null: none. */
  labels: string[] | null;
  /** The file the labels came from, relative to the folder. */
  labelsFile?: string;
  /** `preprocessor_config.json` as it was read, unjudged; null: none. */
  preprocessor: Record<string, unknown> | null;
  /** What a person should know although the model is served: a damaged companion file, labels that do not fit. */
  warnings: Diagnosis[];
}

/** Grows by one member per workload. */
export type Manifest = ChatManifest | PredictManifest;

/** Why a folder cannot be served. Every part is for a person to read. */
export interface Diagnosis {
  /** Absolute. */
  folder: string;
  /** The folder's name: what `/v1/models/{id}` and the log call it. */
  id: string;
  /** File at fault, relative to the folder, or null when the folder itself is. */
  file: string | null;
  /** Field inside that file, dotted, or null. */
  field: string | null;
  problem: string;
  fix: string;
}

/** One line for a log or a readiness report. */
export function describeDiagnosis(d: Diagnosis): string {
  const place = [d.file ?? d.id, d.field].filter((part) => part !== null).join(': ');
  return `${place}: ${d.problem}. ${d.fix}`;
}

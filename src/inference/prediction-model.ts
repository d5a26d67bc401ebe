/**
 * A loaded one-shot model as the rooms see it: a manifest, a signature, a state and one verb.
 */
import type { NamedValue, PredictLoadReport, PredictTimings } from '../engine/protocol.js';
import type { PredictManifest } from './catalog/manifest.js';
import type { ModelState } from './generation.js';

/** The shapes of values, for rooms: they speak to this folder, not to the engine. */
export type {
  Dtype,
  GraphValue,
  NamedValue,
  PredictLoadReport,
  PredictTimings,
  TensorData,
  TensorValue,
  ValueSignature,
} from '../engine/protocol.js';

export interface Prediction {
  outputs: NamedValue[];
  timings: PredictTimings;
}

export interface PredictionModel {
  readonly manifest: PredictManifest;
  readonly state: ModelState;
  /** Why the state is what it is, for a person; null when it is `ready`. */
  readonly reason: string | null;
  /** Signature, batching, graph facts; null until the engine is ready for the first time. */
  readonly report: PredictLoadReport | null;

  /**
   * One run. The inputs are complete and fit the signature (the caller has checked them against `report.inputs`).
   * Aborting the signal drops a request that still waits.
   * @param outputs names wanted; null: all
   * @throws AppError `queue_full`, `model_loading`, `model_failed`, `shutting_down`; `invalid_value` for what only the
   *   runtime finds wrong with a request; `request_crashed_engine` when the request itself ended the engine twice
   */
  run(inputs: NamedValue[], outputs: string[] | null, signal: AbortSignal): Promise<Prediction>;
}

/**
 * Whether requests of a model may share a run, and why, in words for the model's card.
 *
 * Pure: it gets what the graph declares and what a trial at load has shown.
 */
import type { PredictLoadReport, PredictOptions, ValueSignature } from '../protocol.js';

/** What a trial of rows, alone and together, has shown; `unknown`: it could not be made. */
export type RowTrial =
  | { kind: 'unknown' }
  | { kind: 'inseparable' }
  | { kind: 'compared'; /** Largest difference, relative to values above one. */ difference: number; exact: boolean };

export interface BatchingFacts {
  mode: PredictOptions['batching'];
  maxBatch: number;
  inputs: readonly ValueSignature[];
  outputs: readonly ValueSignature[];
  operators: ReadonlySet<string>;
  trial: RowTrial;
}

export type BatchingChoice = PredictLoadReport['batching'];

/** They take one scale for a whole tensor from its largest value, so a row's answer depends on the rows beside it. */
const PER_TENSOR_DYNAMIC = ['DynamicQuantizeLinear', 'DynamicQuantizeMatMul', 'DynamicQuantizeLSTM'];

/** Kernels for one row and for several add in another order; more than this is no rounding. */
const ROUNDING = { float16: 2e-2, other: 1e-4 } as const;

export function chooseBatching(facts: BatchingFacts): BatchingChoice {
  if (facts.mode === 'off') return { enabled: false, reason: 'switched off' };
  if (facts.maxBatch < 2) return { enabled: false, reason: 'the largest batch is one row' };
  const obstacle = shapeObstacle(facts);
  if (obstacle !== null) return { enabled: false, reason: obstacle };
  const influence = rowInfluence(facts);
  if (influence === null) return { enabled: true, reason: trialWords(facts.trial) };
  if (facts.mode === 'on') return { enabled: true, reason: `asked for, although ${influence}` };
  return { enabled: false, reason: influence };
}

/** What makes joining impossible, also where it is asked for. */
export function shapeObstacle({ inputs, outputs, trial }: BatchingFacts): string | null {
  const required = inputs.filter((input) => !input.optional);
  if (required.length === 0) return 'there is no required input to join';
  const symbols = new Set<string>();
  for (const value of [...required, ...outputs]) {
    const side = outputs.includes(value) ? 'output' : 'input';
    if (side === 'output' && value.type.startsWith('seq(')) continue;
    if (value.dtype === null) return `${side} "${value.name}" is ${value.type}`;
    if (value.shape === null) return `${side} "${value.name}" declares no rank`;
    if (value.shape.length === 0) return `${side} "${value.name}" is a scalar`;
    const [axis] = value.shape;
    if (typeof axis === 'number') return `the first axis of ${side} "${value.name}" is fixed at ${axis}`;
    if (axis !== null) symbols.add(axis);
  }
  if (symbols.size > 1) return `first axes have different names: ${[...symbols].join(', ')}`;
  if (trial.kind === 'inseparable')
    return 'a trial of several rows failed, or gave outputs that do not divide into rows';
  return null;
}

/** Why a row's answer would depend on its company, or null. */
function rowInfluence({ operators, inputs, outputs, trial }: BatchingFacts): string | null {
  const dynamic = PER_TENSOR_DYNAMIC.find((operator) => operators.has(operator));
  if (dynamic !== undefined)
    return `${dynamic} quantises by the whole tensor: answers would depend on who shares a run`;
  if (trial.kind !== 'compared') return null;
  const half = [...inputs, ...outputs].some((value) => value.dtype === 'float16');
  if (trial.difference <= (half ? ROUNDING.float16 : ROUNDING.other)) return null;
  return `in a trial, a row's answer depended on the row beside it (difference ${trial.difference.toPrecision(2)})`;
}

function trialWords(trial: RowTrial): string {
  if (trial.kind !== 'compared') return 'every first axis is free';
  if (trial.exact) return 'every first axis is free, and in a trial rows had the same bits alone and in company';
  return `every first axis is free, and in a trial rows alone and in company differed by rounding (${trial.difference.toPrecision(2)})`;
}

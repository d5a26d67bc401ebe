/**
 * The best classes of each row of scores, with their names. Pure arithmetic; it does not know which output is a score.
 */
import { AppError } from '../../common/errors/app-error.js';
import type { TensorValue } from '../../inference/prediction-model.js';
import { fromFloat16Bits } from '../float16.js';
import { softmaxOf } from './softmax.js';

export interface ClassScore {
  /** Null where the model has no name for the class. */
  label: string | null;
  index: number;
  /** As the model gave it, or its softmax; may be NaN or infinite where the model's is. */
  score: number;
}

export interface TopClassesOptions {
  /** At least 1; more than there are classes means all. */
  k: number;
  /** Scores are logits: turn each row into probabilities. */
  softmax: boolean;
}

/**
 * The last axis is the classes; a row is everything before it, and a value of rank 0 is one row of one class. The higher
 * score comes first, of equals the lower index; what is not a number comes last.
 * @throws AppError `invalid_value` for strings and booleans
 */
export function topClasses(
  output: TensorValue,
  labels: readonly string[] | null,
  { k, softmax }: TopClassesOptions,
): ClassScore[][] {
  const classes = output.shape.at(-1) ?? 1;
  if (classes === 0) return [];
  const scores = scoresOf(output);
  return Array.from({ length: scores.length / classes }, (_, row) => {
    const raw = scores.subarray(row * classes, (row + 1) * classes);
    const made = softmax ? softmaxOf(raw) : raw;
    return bestIndices(made, k).map((index) => ({ label: labels?.[index] ?? null, index, score: made[index] }));
  });
}

function scoresOf({ dtype, data }: TensorValue): Float64Array {
  if (dtype === 'string' || dtype === 'bool') {
    throw new AppError('invalid_value', `A ${dtype} output has no scores to rank.`);
  }
  if (dtype === 'float16') return Float64Array.from(data as Uint16Array, fromFloat16Bits);
  return Float64Array.from(data as ArrayLike<number | bigint>, Number);
}

/** A list of the k best so far, kept in order: k is small where there are many classes. */
function bestIndices(scores: Float64Array, k: number): number[] {
  if (k >= scores.length || k > 64) return rankAll(scores).slice(0, k);
  const best: number[] = [];
  for (let index = 0; index < scores.length; index++) {
    if (best.length === k && !isBetter(scores, index, best[k - 1])) continue;
    let place = best.length;
    while (place > 0 && isBetter(scores, index, best[place - 1])) place -= 1;
    best.splice(place, 0, index);
    if (best.length > k) best.pop();
  }
  return best;
}

function rankAll(scores: Float64Array): number[] {
  return Array.from(scores.keys()).sort((a, b) => (isBetter(scores, a, b) ? -1 : 1));
}

function isBetter(scores: Float64Array, a: number, b: number): boolean {
  const [left, right] = [scores[a], scores[b]];
  if (Number.isNaN(left)) return Number.isNaN(right) && a < b;
  if (Number.isNaN(right)) return true;
  return left > right || (left === right && a < b);
}

/**
 * Nested JSON arrays ↔ tensors, for every dtype and rank, in turns (see `pace.ts`).
 *
 * What is sent decides the shape; whether that shape fits an input is `check-inputs.ts`'s question. It does not read
 * text: `json-reader.ts` gives it values, with `bigint` where a double would round.
 */
import { AppError } from '../common/errors/app-error.js';
import { describeValue } from '../common/http/validation-words.js';
import type { Dtype, TensorValue, ValueSignature } from '../inference/prediction-model.js';
import { elementCount, ELEMENTS, emptyTensor } from './elements.js';
import type { Pace } from './pace.js';

/** Elements filled between two looks at the clock. */
const STRIDE = 16_384;
/** Rows visited between two looks at the clock. */
const ROW_STRIDE = 512;
/** An axis longer than this, or more elements, is nobody's tensor: it only costs memory. */
const MAX_ELEMENTS = 2 ** 31 - 1;

export interface TensorTarget {
  dtype: Dtype;
  /** The input's declared shape: it completes the shape of an empty array, which cannot show the axes inside. */
  declared: ValueSignature['shape'];
  /** The shape the caller wrote beside the data; null: the nesting shows it. */
  shape: number[] | null;
  /** Request field, e.g. `items.0.inputs.x`. */
  param: string;
}

/**
 * @param json nested arrays; with `target.shape` also a flat list
 * @throws AppError `invalid_value` that names the element, what was expected and what came
 */
export async function tensorFromJson(json: unknown, target: TensorTarget, pace: Pace): Promise<TensorValue> {
  const outline = outlineOf(json);
  const shape = target.shape ?? completed(outline, target.declared);
  refuseHugeShape(shape, target.param);
  const flat = target.shape !== null && outline.length <= 1 && shape.length !== outline.length;
  // Nothing is set aside before the values are known to be there: a few bytes can declare any shape.
  const rows = flat
    ? [flatRow(json, shape, target.param)]
    : shape.length === 0
      ? [[scalarOf(json, target.param)]]
      : await rowsOf(json, shape, target.param, pace);
  const tensor = emptyTensor(target.dtype, shape);
  await fill(tensor, rows, flat, target.param, pace);
  return tensor;
}

/** `[1, 3, 224]`. */
export function shapeText(shape: readonly (number | string | null)[]): string {
  return `[${shape.map((axis) => axis ?? '?').join(', ')}]`;
}

/** Lengths along the first elements; ends with 0 when an empty array hides the rest. */
function outlineOf(json: unknown): number[] {
  const outline: number[] = [];
  for (let value = json; Array.isArray(value); value = value[0]) {
    outline.push(value.length);
    if (value.length === 0) break;
  }
  return outline;
}

function completed(outline: number[], declared: ValueSignature['shape']): number[] {
  if (outline.at(-1) !== 0 || declared === null) return outline;
  const hidden = declared.slice(outline.length).map((axis) => (typeof axis === 'number' ? axis : 0));
  return [...outline, ...hidden];
}

function refuseHugeShape(shape: readonly number[], param: string): void {
  const rows = elementCount(shape.filter((length) => length > 0));
  if (rows <= MAX_ELEMENTS) return;
  throw fault(param, '', `shape ${shapeText(shape)} is larger than ${MAX_ELEMENTS} elements`);
}

function flatRow(json: unknown, shape: readonly number[], param: string): unknown[] {
  const list: unknown[] = Array.isArray(json) ? json : [json];
  const count = elementCount(shape);
  if (list.length === count) return list;
  throw fault(param, '', `expected ${count} elements for shape ${shapeText(shape)}; got ${list.length}`);
}

function scalarOf(json: unknown, param: string): unknown {
  if (!Array.isArray(json)) return json;
  throw fault(param, '', `expected a single value for shape []; got ${describeValue(json)}`);
}

/** The arrays of the innermost axis in order, one level after the other; each array must be as long as its axis. */
async function rowsOf(json: unknown, shape: readonly number[], param: string, pace: Pace): Promise<unknown[][]> {
  let level: unknown[] = [json];
  for (let depth = 0; depth < shape.length; depth++) {
    const next: unknown[] = [];
    const isLast = depth === shape.length - 1;
    for (let index = 0; index < level.length; index++) {
      const array = level[index];
      if (!Array.isArray(array) || array.length !== shape[depth]) {
        const path = placeText(index, shape.slice(0, depth));
        throw fault(param, path, `expected an array of ${shape[depth]}; got ${describeValue(array)}`);
      }
      if (!isLast) for (const child of array as unknown[]) next.push(child);
      if (index % ROW_STRIDE === 0 && pace.isDue) await pace.rest();
    }
    if (!isLast) level = next;
  }
  return level as unknown[][];
}

async function fill(tensor: TensorValue, rows: unknown[][], flat: boolean, param: string, pace: Pace): Promise<void> {
  const elements = ELEMENTS[tensor.dtype];
  let offset = 0;
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index];
    for (let from = 0; from < row.length; from += STRIDE) {
      const to = Math.min(row.length, from + STRIDE);
      const bad = elements.fill(tensor.data, offset + from, row, from, to);
      if (bad >= 0) {
        const path = flat ? `[${bad}]` : placeText(offset + bad, tensor.shape);
        throw fault(param, path, `expected ${elements.expected}; got ${describeValue(row[bad])}`);
      }
      if (to < row.length && pace.isDue) await pace.rest();
    }
    offset += row.length;
    if (index % ROW_STRIDE === 0 && pace.isDue) await pace.rest();
  }
}

/** Where the element of a row-major position is: `[1][0][2]`. */
function placeText(position: number, shape: readonly number[]): string {
  let rest = position;
  let text = '';
  for (const length of [...shape].reverse()) {
    text = `[${rest % length}]${text}`;
    rest = Math.floor(rest / length);
  }
  return text;
}

/** The place is the message's; the param stays the field, so that programs can compare it. */
function fault(param: string, path: string, reason: string): AppError {
  return new AppError('invalid_value', `${param}${path}: ${reason}.`, { param });
}

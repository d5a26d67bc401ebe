/**
 * What a model gave → JSON text: nested arrays for tensors, lists for sequences, objects for maps. In turns, and never
 * as one value for `JSON.stringify`: 64-bit integers keep their digits, and no NaN gets out.
 */
import { AppError } from '../common/errors/app-error.js';
import type { GraphValue, TensorValue } from '../inference/prediction-model.js';
import { elementCount, ELEMENTS, floatText, wideIntegerText, type JsonStyle } from './elements.js';
import type { Pace } from './pace.js';
import { shapeText } from './tensor-json.js';

/** Elements written between two looks at the clock. */
const STRIDE = 2048;
/** The runtime's strings end at half a gigabyte, and base64 needs a third more. */
const MAX_TEXT = 256 * 1024 * 1024;

type MapValue = Extract<GraphValue, { kind: 'map' }>;

/** Pieces of an answer, bounded in all; they are never joined where that can be left to the network. */
export class JsonText {
  readonly pieces: string[] = [];
  private length = 0;

  constructor(
    readonly style: JsonStyle,
    readonly pace: Pace,
  ) {}

  /** @throws AppError `invalid_value`: the caller asked for more than fits */
  add(piece: string): void {
    this.length += piece.length;
    if (this.length > MAX_TEXT) throw tooLarge('The answer');
    this.pieces.push(piece);
  }

  toString(): string {
    return this.pieces.join('');
  }
}

export async function valueJson(value: GraphValue, style: JsonStyle, pace: Pace): Promise<string> {
  const text = new JsonText(style, pace);
  await writeValue(value, text);
  return text.toString();
}

/** Calls itself as deep as the model's type is nested. */
export async function writeValue(value: GraphValue, text: JsonText): Promise<void> {
  switch (value.kind) {
    case 'tensor':
      return writeTensor(value, text);
    case 'map':
      return writeMap(value, text);
    case 'sequence':
      text.add('[');
      for (const [index, item] of value.items.entries()) {
        if (index > 0) text.add(',');
        await writeValue(item, text);
        if (index % STRIDE === STRIDE - 1 && text.pace.isDue) await text.pace.rest();
      }
      text.add(']');
  }
}

async function writeTensor({ dtype, shape, data }: TensorValue, text: JsonText): Promise<void> {
  const elements = ELEMENTS[dtype];
  const last = shape.length - 1;
  if (last < 0) {
    text.add(elements.text(data, 0, 1, text.style));
    return;
  }
  // Rows of nothing cost text too: [1000000000, 0] is a billion pairs of brackets.
  const outer = shape.slice(0, last);
  if (elementCount(outer) * 2 > MAX_TEXT) throw tooLarge(`An output of shape ${shapeText(shape)}`);
  const axes = opensAt(outer);
  const rowLength = shape[last];
  const rows = elementCount(outer);
  if (rows === 0) {
    await writeHollow(shape, text);
    return;
  }
  let piece = '';
  let unseen = 0;
  for (let row = 0; row < rows; row++) {
    const opening = axes(row);
    if (row > 0) piece += `${']'.repeat(opening)},`;
    piece += '['.repeat(row === 0 ? shape.length : opening);
    const offset = row * rowLength;
    for (let from = 0; from < rowLength; from += STRIDE) {
      const to = Math.min(rowLength, from + STRIDE);
      if (from > 0) piece += ',';
      piece += elements.text(data, offset + from, offset + to, text.style);
      unseen += to - from;
      if (unseen < STRIDE) continue;
      unseen = 0;
      text.add(piece);
      piece = '';
      if (text.pace.isDue) await text.pace.rest();
    }
    unseen += 1;
  }
  text.add(piece + ']'.repeat(shape.length));
}

/** How many arrays begin (and, before them, end) at a row: one, and one more for each outer axis that wraps there. */
function opensAt(outer: readonly number[]): (row: number) => number {
  return (row) => {
    let count = 1;
    let rest = row;
    for (let axis = outer.length - 1; axis > 0 && rest % outer[axis] === 0; axis--) {
      rest /= outer[axis];
      count += 1;
    }
    return count;
  };
}

/** A shape with a zero before its last axis: arrays down to that axis. */
async function writeHollow(shape: readonly number[], text: JsonText): Promise<void> {
  const visible = shape.slice(0, shape.indexOf(0) + 1);
  const hollow: TensorValue = { kind: 'tensor', dtype: 'uint8', shape: visible, data: new Uint8Array(0) };
  if (visible.length === 1) text.add('[]');
  else await writeTensor(hollow, text);
}

async function writeMap({ keys, values }: MapValue, text: JsonText): Promise<void> {
  text.add('{');
  for (const [index, key] of keys.entries()) {
    text.add(`${index > 0 ? ',' : ''}${JSON.stringify(String(key))}:${scalarText(values[index], text.style)}`);
    if (index % STRIDE === STRIDE - 1 && text.pace.isDue) await text.pace.rest();
  }
  text.add('}');
}

function scalarText(value: number | bigint | string, style: JsonStyle): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'bigint' ? wideIntegerText(value, style) : floatText(value, style);
}

function tooLarge(what: string): AppError {
  return new AppError(
    'invalid_value',
    `${what} would be larger than ${MAX_TEXT} characters of JSON: ask for fewer items or outputs, or for binary tensors at /v2.`,
    { param: 'parameters.outputs' },
  );
}

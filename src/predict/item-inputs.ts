/**
 * An item's content → the inputs of one run: which form was sent, and what it means for this model's signature.
 *
 * The result is what was sent; `check-inputs.ts` judges whether it is complete and fits.
 */
import { AppError } from '../common/errors/app-error.js';
import type { NamedValue, TensorValue, ValueSignature } from '../inference/prediction-model.js';
import { describeInput, inputNames } from './check-inputs.js';
import { csvTable } from './csv.js';
import { imageTensor } from './image/image-tensor.js';
import type { ImagePipeline } from './image/pipeline.js';
import type { ItemContent } from './item-content.js';
import type { Pace } from './pace.js';
import { recordTable } from './records.js';
import { tableInputs, type FeatureOrder, type Table } from './table.js';
import { isObject, valueFromJson } from './value-from-json.js';

/** What of a model and a request decides how items are read. */
export interface ItemRules {
  signature: readonly ValueSignature[];
  featureOrder: FeatureOrder | null;
  /** Asked for when the first image comes: a faulty setting is no matter for other content. */
  pipeline: () => ImagePipeline;
  maxPixels: number;
}

/**
 * @param param where the item stands: `items.0`
 * @throws AppError that names the item and, where there is one, the input
 */
export async function itemInputs(
  content: ItemContent,
  rules: ItemRules,
  param: string,
  pace: Pace,
): Promise<NamedValue[]> {
  if (content.kind === 'json') return jsonInputs(content.value, rules, param, pace);
  if (content.kind === 'csv') return tabular(await csvTable(content.text, `${param}.data`, pace), rules, param, pace);
  if (content.kind === 'text') {
    const input = textInput(rules.signature, param);
    const shape = (input.shape ?? []).map(() => 1);
    return [{ name: input.name, value: { kind: 'tensor', dtype: 'string', shape, data: [content.text] } }];
  }
  const input = imageInput(rules.signature, param);
  const limits = { maxPixels: rules.maxPixels };
  const value = await imageTensor(content.bytes, content.contentType, input, rules.pipeline(), limits);
  return [{ name: input.name, value }];
}

async function jsonInputs(json: unknown, rules: ItemRules, param: string, pace: Pace): Promise<NamedValue[]> {
  const { signature } = rules;
  if (isObject(json)) return namedInputs(json, signature, param, pace);
  const [only, ...others] = needed(signature);
  const isTensor = only?.type.startsWith('tensor') ?? true;
  if (isTensor && Array.isArray(json) && isObject(json[0])) {
    return tabular(recordTable(json, `${param}.data`), rules, param, pace);
  }
  if (only === undefined) {
    if (Array.isArray(json) && json.length === 0) return [];
    throw fault(`${param}.data`, 'this model takes no inputs: send an empty object');
  }
  if (others.length > 0) {
    throw fault(
      `${param}.data`,
      `this model takes ${inputNames(signature)}: send an object with a value for each, or records`,
    );
  }
  const value = await valueFromJson(json, only, `${param}.inputs.${only.name}`, pace);
  return [{ name: only.name, value: value.kind === 'tensor' ? withBatchAxis(value, only) : value }];
}

async function namedInputs(
  json: Record<string, unknown>,
  signature: readonly ValueSignature[],
  param: string,
  pace: Pace,
): Promise<NamedValue[]> {
  const declared = new Map(signature.map((input) => [input.name, input]));
  const values: NamedValue[] = [];
  for (const [name, value] of Object.entries(json)) {
    const input = declared.get(name);
    const place = `${param}.inputs.${name}`;
    if (!input) throw fault(place, `there is no such input; this model takes ${inputNames(signature)}`);
    values.push({ name, value: await valueFromJson(value, input, place, pace) });
  }
  return values;
}

function tabular(
  table: Table,
  { signature, featureOrder }: ItemRules,
  param: string,
  pace: Pace,
): Promise<NamedValue[]> {
  return tableInputs(table, signature, featureOrder, `${param}.inputs`, pace);
}

/** Upstream takes a single example with or without its batch axis: so does a free leading axis, or one of length 1. */
function withBatchAxis(value: TensorValue, { shape }: ValueSignature): TensorValue {
  if (shape === null || value.shape.length !== shape.length - 1) return value;
  const [leading] = shape;
  return typeof leading === 'number' && leading !== 1 ? value : { ...value, shape: [1, ...value.shape] };
}

/** The inputs that a caller cannot leave out; where all have defaults, the only one there is. */
function needed(signature: readonly ValueSignature[]): readonly ValueSignature[] {
  const required = signature.filter((input) => !input.optional);
  return required.length > 0 ? required : signature;
}

export function isTextInput({ type, dtype }: ValueSignature): boolean {
  return dtype === 'string' && type.startsWith('tensor');
}

export function isImageInput({ dtype, shape }: ValueSignature): boolean {
  return shape?.length === 4 && dtype !== null && dtype !== 'string' && dtype !== 'bool';
}

function textInput(signature: readonly ValueSignature[], param: string): ValueSignature {
  const [only, ...others] = needed(signature);
  if (only !== undefined && others.length === 0 && isTextInput(only)) return only;
  throw unfit('text/plain', 'one input of strings', signature, param);
}

function imageInput(signature: readonly ValueSignature[], param: string): ValueSignature {
  const [only, ...others] = needed(signature);
  if (only !== undefined && others.length === 0 && isImageInput(only)) return only;
  throw unfit('an image', 'one input of numbers with four axes', signature, param);
}

function unfit(content: string, wanted: string, signature: readonly ValueSignature[], param: string): AppError {
  const [first] = signature;
  const takes = signature.length === 1 ? `${describeInput(first)} as "${first.name}"` : inputNames(signature);
  return new AppError(
    'unsupported_media_type',
    `${param}.content_type: ${content} needs a model with ${wanted}; this model takes ${takes}: send ${accepted(signature)}.`,
    { param: `${param}.content_type` },
  );
}

/** What would do instead. */
function accepted(signature: readonly ValueSignature[]): string {
  const types = ['application/json', 'text/csv'];
  const [only, ...others] = needed(signature);
  if (only !== undefined && others.length === 0) {
    if (isTextInput(only)) types.push('text/plain');
    if (isImageInput(only)) types.push('image/jpeg', 'image/png', 'image/gif', 'image/webp', 'image/bmp');
  }
  return types.join(', ');
}

function fault(param: string, reason: string): AppError {
  return new AppError('invalid_value', `${param}: ${reason}.`, { param });
}

/**
 * A JSON value → what an input's type asks for: a tensor, a sequence, a map. It does not know requests.
 */
import { AppError } from '../common/errors/app-error.js';
import { describeValue } from '../common/http/validation-words.js';
import type { GraphValue, TensorValue, ValueSignature } from '../inference/prediction-model.js';
import { ELEMENTS, wideInteger } from './elements.js';
import { parseOnnxType, type OnnxType } from './onnx-type.js';
import type { Pace } from './pace.js';
import { tensorFromJson, type TensorTarget } from './tensor-json.js';

type Json = Record<string, unknown>;
type MapValue = Extract<GraphValue, { kind: 'map' }>;

/** Keys of a tensor that is written out with its shape. */
const TENSOR_KEYS = ['dtype', 'shape', 'data'];

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws AppError `invalid_value` whose param is `param` */
export async function valueFromJson(
  json: unknown,
  input: ValueSignature,
  param: string,
  pace: Pace,
): Promise<GraphValue> {
  const type = parseOnnxType(input.type);
  if (type === null) throw fault(param, `inputs of type ${input.type} are not supported`);
  return typedValue(json, type, input, param, pace);
}

async function typedValue(
  json: unknown,
  type: OnnxType,
  input: ValueSignature,
  param: string,
  pace: Pace,
): Promise<GraphValue> {
  if (type.kind === 'tensor') {
    if (type.dtype === null) throw fault(param, `the element type of ${input.type} is not supported`);
    return tensorValue(json, { dtype: type.dtype, declared: input.shape, shape: null, param }, pace);
  }
  if (type.kind === 'map') return mapValue(json, type, param);
  if (!Array.isArray(json)) throw fault(param, `expected a list for ${input.type}; got ${describeValue(json)}`);
  const items: GraphValue[] = [];
  for (const item of json as unknown[])
    items.push(await typedValue(item, type.of, { ...input, shape: null }, param, pace));
  return { kind: 'sequence', items };
}

/** Nested arrays, or `{dtype, shape, data}`. */
async function tensorValue(json: unknown, target: TensorTarget, pace: Pace): Promise<TensorValue> {
  if (!isObject(json)) return tensorFromJson(json, target, pace);
  const { param } = target;
  const unknown = Object.keys(json).find((key) => !TENSOR_KEYS.includes(key));
  if (unknown !== undefined) {
    throw fault(param, `expected nested arrays or {dtype, shape, data}; got an object with ${describeValue(unknown)}`);
  }
  if (json['data'] === undefined) throw fault(param, 'expected nested arrays or {dtype, shape, data}; got no data');
  const dtype = json['dtype'] ?? target.dtype;
  if (dtype !== target.dtype) throw fault(param, `expected dtype ${target.dtype}; got ${describeValue(dtype)}`);
  const shape = json['shape'] === undefined || json['shape'] === null ? null : shapeOf(json['shape'], param);
  return tensorFromJson(json['data'], { ...target, shape }, pace);
}

/** @throws AppError `invalid_value` for anything but a short list of lengths */
export function shapeOf(json: unknown, param: string): number[] {
  if (!Array.isArray(json)) throw fault(param, `expected a list of axis lengths as shape; got ${describeValue(json)}`);
  if (json.length > 64) throw fault(param, `expected a shape of at most 64 axes; got ${json.length}`);
  const bad = (json as unknown[]).find((length) => !Number.isSafeInteger(length) || (length as number) < 0);
  if (bad !== undefined || json.includes(undefined)) {
    throw fault(param, `expected axis lengths of 0 or more in shape; got ${describeValue(bad)}`);
  }
  return json as number[];
}

function mapValue(json: unknown, { key, value }: Extract<OnnxType, { kind: 'map' }>, param: string): MapValue {
  const dtype = value.kind === 'tensor' ? value.dtype : null;
  if (dtype === null || (key !== 'string' && key !== 'int64'))
    throw fault(param, 'maps of this type are not supported');
  if (!isObject(json)) throw fault(param, `expected an object; got ${describeValue(json)}`);
  const given = Object.values(json);
  const elements = ELEMENTS[dtype];
  const data = elements.create(given.length);
  const bad = elements.fill(data, 0, given, 0, given.length);
  const names = Object.keys(json);
  if (bad >= 0)
    throw fault(param, `${describeValue(names[bad])}: expected ${elements.expected}; got ${describeValue(given[bad])}`);
  const values = Array.from(data as ArrayLike<number>);
  return { kind: 'map', keys: key === 'string' ? names : names.map((name) => integerKey(name, param)), values };
}

function integerKey(name: string, param: string): bigint {
  const key = wideInteger(name);
  if (key === null) throw fault(param, `expected integer keys; got ${describeValue(name)}`);
  return key;
}

function fault(param: string, reason: string): AppError {
  return new AppError('invalid_value', `${param}: ${reason}.`, { param });
}

/**
 * What a model gave → the answer's bytes: JSON, and behind it the outputs that are wanted in binary. Lists and maps, for
 * which the protocol has no form, travel as BYTES: one JSON text for each item.
 */
import type { GraphValue, TensorValue } from '../../inference/prediction-model.js';
import { elementCount, type JsonStyle } from '../elements.js';
import { topClasses } from '../labels/top-classes.js';
import type { Pace } from '../pace.js';
import { valueJson } from '../value-json.js';
import { bytesFromTensor } from './binary-tensor.js';
import { DATATYPES } from './datatypes.js';

export interface InferAnswer {
  modelName: string;
  modelVersion: string;
  id: string | null;
  outputs: OutputGiven[];
}

export interface OutputGiven {
  name: string;
  value: GraphValue;
  binary: boolean;
  classes: number | null;
}

export interface InferBytes {
  pieces: Uint8Array[];
  /** Where the JSON ends, when something is behind it. */
  jsonLength: number | null;
}

/** Clients turn these strings into floats; bare words would be no JSON. */
const STYLE: JsonStyle = { nan: 'string', integers: 'number' };

/** @param labels names of the classes, for outputs wanted as classes */
export async function writeInfer(
  answer: InferAnswer,
  labels: readonly string[] | null,
  pace: Pace,
): Promise<InferBytes> {
  const heads: string[] = [];
  const binary: Uint8Array[] = [];
  for (const output of answer.outputs) {
    const tensor = await tensorOf(output, labels, pace);
    const head = `"name":${JSON.stringify(output.name)},"datatype":"${DATATYPES[tensor.dtype]}","shape":[${tensor.shape.join(',')}]`;
    if (output.binary) {
      const bytes = await bytesFromTensor(tensor, pace);
      binary.push(bytes);
      heads.push(`{${head},"parameters":{"binary_data_size":${bytes.length}}}`);
    } else {
      const flat: TensorValue = { ...tensor, shape: [elementCount(tensor.shape)] };
      heads.push(`{${head},"data":${await valueJson(flat, STYLE, pace)}}`);
    }
  }
  const { modelName, modelVersion, id } = answer;
  const named = { model_name: modelName, model_version: modelVersion, ...(id === null ? {} : { id }) };
  const json = Buffer.from(`${JSON.stringify(named).slice(0, -1)},"outputs":[${heads.join(',')}]}`);
  return { pieces: [json, ...binary], jsonLength: binary.length > 0 ? json.length : null };
}

async function tensorOf({ value, classes }: OutputGiven, labels: readonly string[] | null, pace: Pace) {
  if (value.kind !== 'tensor') {
    const items = value.kind === 'sequence' ? value.items : [value];
    const texts: string[] = [];
    for (const item of items) texts.push(await valueJson(item, STYLE, pace));
    return strings(texts, [texts.length]);
  }
  return classes === null ? value : classTexts(value, classes, labels);
}

/** `score:index:label`, or without the last part where there is no name. */
function classTexts(output: TensorValue, count: number, labels: readonly string[] | null): TensorValue {
  const rows = topClasses(output, labels, { k: count, softmax: false });
  const texts = rows.map((row) =>
    row.map(({ score, index, label }) => `${score}:${index}${label === null ? '' : `:${label}`}`),
  );
  return strings(texts.flat(), [...output.shape.slice(0, -1), texts[0]?.length ?? 0]);
}

function strings(data: string[], shape: number[]): TensorValue {
  return { kind: 'tensor', dtype: 'string', shape, data };
}

/**
 * Prediction requests that work as they stand, made from the signatures of the loaded models: a picture, a text, a table
 * row, or named tensors.
 *
 * It does not know the document they are put in, nor what the numbers mean to a model.
 */
import type { Dtype, PredictionModel, ValueSignature } from '../inference/prediction-model.js';
import type { ExampleRequest } from './example-requests.js';
import { tinyPng } from './tiny-png.js';

type Example = ExampleRequest['examples'][string];
type Item = { content_type: string; encoder: 'base64' | 'json'; data: unknown };

/** Models with an example of their own. */
const MAX_MODELS = 12;
/** A page with more numbers than this is no help. */
const MAX_ELEMENTS = 4096;
/** Side of the picture where the model takes any size. */
const PICTURE_SIZE = 32;
const MAX_PICTURE_SIZE = 256;

/** Models that can answer come first; the first example is the one a page starts with. */
export function predictExamples(models: readonly PredictionModel[]): ExampleRequest[] {
  const known = models.filter(({ report }) => report !== null);
  const ready = [...known].sort((a, b) => Number(b.state === 'ready') - Number(a.state === 'ready'));
  const examples: [name: string, example: Example][] = [];
  for (const [index, model] of ready.slice(0, MAX_MODELS).entries()) {
    const item = exampleItem(model.report!.inputs);
    if (item === null) continue;
    const { id } = model.manifest;
    const parameters = hasNamedScores(model) ? { parameters: { top_k: 3 } } : {};
    const body = (one: Item) => ({ model: id, items: [one], ...parameters });
    examples.push([id, { summary: `${id}: ${describe(item)}`, value: body(item) }]);
    if (index === 0 && item.encoder === 'json') {
      examples.push([`${id} in base64`, { summary: `${id}: the same in base64`, value: body(inBase64(item)) }]);
    }
  }
  if (examples.length === 0) return [];
  return [{ method: 'post', path: '/v1/predict', examples: Object.fromEntries(examples) }];
}

/** Whether the best classes are worth asking for: an output of scores, as many as there are labels. */
function hasNamedScores({ manifest: { labels }, report }: PredictionModel): boolean {
  if (labels === null || report === null) return false;
  const last = ({ shape }: ValueSignature) => shape?.at(-1);
  return report.outputs.some((output) => output.dtype?.startsWith('float') && last(output) === labels.length);
}

function describe({ content_type: type, data }: Item): string {
  if (type.startsWith('image/')) return 'a picture';
  if (type === 'text/plain') return 'a text';
  return Array.isArray(data) ? 'a row' : 'named inputs';
}

function inBase64({ content_type, data }: Item): Item {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return { content_type, encoder: 'base64', data: Buffer.from(text).toString('base64') };
}

/** @returns null when no request of a readable size would do */
function exampleItem(signature: readonly ValueSignature[]): Item | null {
  const required = signature.filter((input) => !input.optional);
  if (required.length === 1) {
    const [input] = required;
    const size = pictureSize(input);
    if (size !== null) {
      return { content_type: 'image/png', encoder: 'base64', data: tinyPng(size).toString('base64') };
    }
    if (input.dtype === 'string') return { content_type: 'text/plain', encoder: 'json', data: 'A text to classify.' };
  }
  const json = (data: unknown): Item => ({ content_type: 'application/json', encoder: 'json', data });
  if (required.length > 1 && required.every(isColumn)) {
    return json([Object.fromEntries(required.map(({ name, dtype }) => [name, element(dtype)]))]);
  }
  const values = required.map((input) => [input.name, exampleValue(input)] as const);
  if (values.some(([, value]) => value === undefined)) return null;
  const [[, only] = []] = values;
  return json(values.length === 1 && Array.isArray(only) ? only : Object.fromEntries(values));
}

/** One value per row: `[N, 1]` or `[N]`. */
function isColumn({ dtype, shape }: ValueSignature): boolean {
  if (dtype === null || shape === null) return false;
  return shape.length === 2 ? isFree(shape[0]) && shape[1] === 1 : shape.length === 1 && isFree(shape[0]);
}

function isFree(axis: number | string | null): boolean {
  return typeof axis !== 'number' || axis === 1;
}

/** The picture's side for an input of images, `[N, C, H, W]` or `[N, H, W, C]`; null for anything else. */
function pictureSize({ dtype, shape }: ValueSignature): number | null {
  if (shape?.length !== 4 || dtype === null || dtype === 'string' || dtype === 'bool' || !isFree(shape[0])) return null;
  const isChannels = (axis: number | string | null) => axis === 1 || axis === 3;
  if (!isChannels(shape[1]) && !isChannels(shape[3])) return null;
  const height = isChannels(shape[1]) ? shape[2] : shape[1];
  return typeof height === 'number' ? Math.min(height, MAX_PICTURE_SIZE) : PICTURE_SIZE;
}

/** Nested arrays with every free axis at 1; undefined where they would be too long, or no tensor is asked for. */
function exampleValue({ dtype, shape, type }: ValueSignature): unknown {
  if (type.startsWith('seq(tensor')) return [[element(type.includes('string') ? 'string' : 'float32')]];
  if (dtype === null || shape === null) return undefined;
  const lengths = shape.map((axis) => (typeof axis === 'number' ? axis : 1));
  if (lengths.reduce((product, length) => product * length, 1) > MAX_ELEMENTS) return undefined;
  return lengths.reduceRight<unknown>((inner, length) => Array.from({ length }, () => inner), element(dtype));
}

function element(dtype: Dtype | null): unknown {
  if (dtype === 'string') return 'text';
  if (dtype === 'bool') return true;
  return dtype?.startsWith('float') ? 0.5 : 1;
}

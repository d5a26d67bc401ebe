/**
 * Which cache buffers a decoder has, and whether this service can keep them: decided from the graph's inputs and the
 * operators that read them, never from a model's name.
 *
 * What it accepts is a cache that GroupQueryAttention reads and writes in place: there each row's length comes from
 * the attention mask (../spec/engine.md 3.1), so rows of different lengths share a run. Anything else is refused with
 * the input's name and the reason.
 */
import { AppError } from '../../common/errors/app-error.js';
import { integerAttribute, type Graph, type GraphNode } from '../onnx/graph.js';
import type { ElementType } from '../ort/element-type.js';
import { describeValue, type ValueInfo } from '../ort/value-info.js';
import type { DecoderModel } from '../protocol.js';

/** One K or one V of one layer: `[slots, heads, capacity, headSize]`, read as `past` and written as `present`. */
export interface CacheBuffer {
  past: string;
  present: string;
  heads: number;
  headSize: number;
  elementType: CacheElementType;
}

export type CacheElementType = Extract<ElementType, 'float32' | 'float16'>;

const ELEMENT_BYTES: Readonly<Record<CacheElementType, number>> = { float32: 4, float16: 2 };

/** Where GroupQueryAttention takes the past and gives the present. */
const PLACE = { key: { input: 3, output: 1 }, value: { input: 4, output: 2 } } as const;

export interface SessionValues {
  inputs: readonly ValueInfo[];
  outputs: readonly ValueInfo[];
}

/**
 * Two buffers a layer, in the order of the session's inputs. Layer numbers may be sparse and sizes may differ.
 * @throws {AppError} `model_failed`
 */
export function readCacheLayout(model: DecoderModel, session: SessionValues, graph: Graph): CacheBuffer[] {
  const buffers = (['key', 'value'] as const).flatMap((kind) => {
    const [past, present] =
      kind === 'key'
        ? [model.inputs.pastKey, model.outputs.presentKey]
        : [model.inputs.pastValue, model.outputs.presentValue];
    return session.inputs.flatMap((input) => {
      const layer = layerOf(past, input.name);
      return layer === null ? [] : [readBuffer(model, session, graph, input, present.replace('%d', layer), kind)];
    });
  });
  const keys = buffers.filter((buffer) => layerOf(model.inputs.pastKey, buffer.past) !== null).length;
  if (keys === 0 || keys * 2 !== buffers.length) {
    throw new AppError(
      'model_failed',
      `${model.modelFile} has ${keys} inputs named like "${model.inputs.pastKey}" and ${buffers.length - keys} like ` +
        `"${model.inputs.pastValue}"; there must be one of each per layer. Its inputs are ${names(session.inputs)}.`,
    );
  }
  return buffers;
}

/** Bytes of the cache that one token takes. */
export function bytesPerToken(buffers: readonly CacheBuffer[]): number {
  return buffers.reduce((sum, buffer) => sum + buffer.heads * bytesPerPosition(buffer), 0);
}

/** Bytes of one head at one position. */
export function bytesPerPosition(buffer: CacheBuffer): number {
  return buffer.headSize * ELEMENT_BYTES[buffer.elementType];
}

/** The layer's number as it stands in the name, or null when the name is not made from the template. */
export function layerOf(template: string, name: string): string | null {
  const [before, after] = template.split('%d');
  if (after === undefined || !name.startsWith(before) || !name.endsWith(after)) return null;
  const layer = name.slice(before.length, name.length - after.length);
  return /^\d+$/.test(layer) ? layer : null;
}

function readBuffer(
  model: DecoderModel,
  session: SessionValues,
  graph: Graph,
  input: ValueInfo,
  present: string,
  kind: keyof typeof PLACE,
): CacheBuffer {
  const refuse = (reason: string) =>
    new AppError('model_failed', `${model.modelFile} cannot be served: the cache input "${input.name}" ${reason}.`);
  const { elementType, shape } = input;
  if (elementType !== 'float32' && elementType !== 'float16') {
    throw refuse(`is ${describeValue(input)}; a cache of float32 or float16 is needed`);
  }
  if (shape.length !== 4 || typeof shape[0] === 'number' || typeof shape[2] === 'number') {
    throw refuse(`is ${describeValue(input)}; [batch, heads, past, head size] with free batch and past is needed`);
  }
  if (!session.outputs.some((output) => output.name === present)) {
    throw refuse(`has no output "${present}" to go with it; the outputs are ${names(session.outputs)}`);
  }
  const attention = attentionOf(graph, input.name, present, kind, refuse);
  const heads = typeof shape[1] === 'number' ? shape[1] : integerAttribute(attention, 'kv_num_heads', 0);
  const headSize = typeof shape[3] === 'number' ? shape[3] : headSizeOf(graph, attention);
  if (heads < 1 || headSize === null) throw refuse(`is ${describeValue(input)}, and nothing tells its fixed sizes`);
  return { past: input.name, present, heads, headSize, elementType };
}

/** The one operator that reads the past, if it can work in place. */
function attentionOf(
  graph: Graph,
  past: string,
  present: string,
  kind: keyof typeof PLACE,
  refuse: (reason: string) => AppError,
): GraphNode {
  const readers = graph.consumers.get(past) ?? [];
  const other = readers.find((node) => node.opType !== 'GroupQueryAttention' || node.domain !== 'com.microsoft');
  if (other !== undefined) {
    throw refuse(
      `is read by ${other.opType}, not by GroupQueryAttention alone, so it cannot be shared by requests of ` +
        'different lengths; export the model with GroupQueryAttention (onnxruntime-genai does)',
    );
  }
  const [node] = readers;
  if (node === undefined || readers.length > 1) throw refuse(`is read by ${readers.length} operators instead of one`);
  if (node.inputs[PLACE[kind].input] !== past || node.outputs[PLACE[kind].output] !== present) {
    throw refuse(`and the output "${present}" are not past and present ${kind} of the same GroupQueryAttention`);
  }
  if (integerAttribute(node, 'sliding_window_cache', 0) !== 0) {
    throw refuse('holds a sliding window only (sliding_window_cache), which cannot be rewound; export without it');
  }
  return node;
}

/** From what the operator gives, `[batch, tokens, heads × headSize]`, where the writer declared it. */
function headSizeOf(graph: Graph, attention: GraphNode): number | null {
  const heads = integerAttribute(attention, 'num_heads', 0);
  const keyValueHeads = integerAttribute(attention, 'kv_num_heads', 0);
  const result = graph.shapes.get(attention.outputs[0])?.at(-1);
  if (result) return whole(result / heads);
  const query = graph.shapes.get(attention.inputs[0])?.at(-1);
  // Without a key of its own the query holds all three side by side.
  const packed = attention.inputs[1] === '' ? 2 * keyValueHeads : 0;
  return query ? whole(query / (heads + packed)) : null;
}

function whole(size: number): number | null {
  return Number.isInteger(size) ? size : null;
}

function names(values: readonly ValueInfo[]): string {
  return values.map((value) => value.name).join(', ');
}

/**
 * A whole language model in a few kilobytes: embedding, one or more GroupQueryAttention layers over a shared cache,
 * logits. Built like onnxruntime-genai's exports; weights are random but fixed by a seed.
 *
 * It is real arithmetic on the real kernels, so it shows what rows, chunks and rewinds do to bits. It speaks no language.
 */
import type { ConstantParts, ModelParts, NodeParts, ValueParts } from './onnx-writer.js';

export const TINY_VOCAB = 50;
/** Positions that the rotary table knows. */
export const TINY_POSITIONS = 256;

export interface TinyLayer {
  /** As it stands in the names; need not be dense. */
  number: number;
  kvHeads: number;
  headSize: number;
}

export interface TinyOptions {
  layers?: TinyLayer[];
  type?: 'float32' | 'float16';
  positionIds?: boolean;
  /** Whether the graph takes the last position itself, declared `[batch, 1, vocab]` or left open. */
  pruned?: 'declared' | 'undeclared' | false;
  /** Names instead of sizes for the cache's heads and head size, as newer exports have it. */
  openCacheShape?: boolean;
}

const HEADS = 4;
const WIDTH = 64;
const DEFAULT_LAYERS: TinyLayer[] = [
  { number: 0, kvHeads: 2, headSize: 16 },
  { number: 1, kvHeads: 2, headSize: 16 },
];

/** A seeded generator of numbers in [-0.5, 0.5): the same weights every time (linear congruential, 32 bits). */
function weights(seed: number): (count: number, scale: number) => Float32Array {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  return (count, scale) => Float32Array.from({ length: count }, () => next() * scale);
}

export function tinyDecoder({
  layers = DEFAULT_LAYERS,
  type = 'float32',
  positionIds = false,
  pruned = false,
  openCacheShape = false,
}: TinyOptions = {}): ModelParts {
  const random = weights(7);
  const constants: ConstantParts[] = [
    int64('one', [1]),
    int64('axis', [1], [1]),
    int64('first', [1]),
    matrix('embedding', type, [TINY_VOCAB, WIDTH], random(TINY_VOCAB * WIDTH, 4)),
    matrix('lm_head', type, [WIDTH, TINY_VOCAB], random(WIDTH * TINY_VOCAB, 1)),
  ];
  const nodes: NodeParts[] = [
    { op: 'Gather', inputs: ['embedding', 'input_ids'], outputs: ['hidden.0'], attributes: { axis: 0 } },
    { op: 'ReduceSum', inputs: ['attention_mask', 'axis'], outputs: ['held'], attributes: { keepdims: 0 } },
    { op: 'Sub', inputs: ['held', 'one'], outputs: ['last64'] },
    { op: 'Cast', inputs: ['last64'], outputs: ['last'], attributes: { to: 6 } },
    { op: 'Shape', inputs: ['attention_mask'], outputs: ['mask_shape'] },
    { op: 'Gather', inputs: ['mask_shape', 'first'], outputs: ['total64'], attributes: { axis: 0 } },
    { op: 'Cast', inputs: ['total64'], outputs: ['total'], attributes: { to: 6 } },
  ];
  const inputs: ValueParts[] = [
    { name: 'input_ids', type: 'int64', shape: ['batch', 'tokens'] },
    { name: 'attention_mask', type: 'int64', shape: ['batch', 'total'] },
  ];
  if (positionIds) inputs.push({ name: 'position_ids', type: 'int64', shape: ['batch', 'tokens'] });
  const outputs: ValueParts[] = [];
  const values: ValueParts[] = [];
  for (const [i, { number, kvHeads, headSize }] of layers.entries()) {
    const packed = (HEADS + 2 * kvHeads) * headSize;
    const attended = HEADS * headSize;
    const rotary = rotaryTables(headSize);
    constants.push(
      matrix(`qkv.${i}.weight`, type, [WIDTH, packed], random(WIDTH * packed, 0.4)),
      matrix(`out.${i}.weight`, type, [attended, WIDTH], random(attended * WIDTH, 0.6)),
      matrix(`cos.${i}`, type, [TINY_POSITIONS, headSize / 2], rotary.cos),
      matrix(`sin.${i}`, type, [TINY_POSITIONS, headSize / 2], rotary.sin),
    );
    const past = [`past_key_values.${number}.key`, `past_key_values.${number}.value`];
    const present = [`present.${number}.key`, `present.${number}.value`];
    nodes.push(
      { op: 'MatMul', inputs: [`hidden.${i}`, `qkv.${i}.weight`], outputs: [`qkv.${i}`] },
      {
        op: 'GroupQueryAttention',
        domain: 'com.microsoft',
        inputs: [
          `qkv.${i}`,
          '',
          '',
          ...past,
          'last',
          'total',
          `cos.${i}`,
          `sin.${i}`,
          ...(positionIds ? ['position_ids'] : []),
        ],
        outputs: [`attended.${i}`, ...present],
        attributes: { num_heads: HEADS, kv_num_heads: kvHeads, do_rotary: 1 },
      },
      { op: 'MatMul', inputs: [`attended.${i}`, `out.${i}.weight`], outputs: [`mixed.${i}`] },
      { op: 'Add', inputs: [`hidden.${i}`, `mixed.${i}`], outputs: [`hidden.${i + 1}`] },
    );
    const sizes: (number | string)[] = openCacheShape ? ['heads', 'size'] : [kvHeads, headSize];
    inputs.push(...past.map((name) => ({ name, type, shape: ['batch', sizes[0], 'past', sizes[1]] })));
    outputs.push(...present.map((name) => ({ name, type, shape: ['batch', sizes[0], 'total', sizes[1]] })));
    values.push({ name: `attended.${i}`, type, shape: ['batch', 'tokens', attended] });
  }
  nodes.push(...head(`hidden.${layers.length}`, pruned !== false));
  if (pruned !== false) constants.push(int64('newest', [-1], [1]));
  const tokens = pruned === 'declared' ? 1 : 'tokens';
  outputs.unshift({ name: 'logits', type, shape: ['batch', tokens, TINY_VOCAB] });
  return { nodes, inputs, outputs, constants, values };
}

function head(hidden: string, pruned: boolean): NodeParts[] {
  if (!pruned) return [{ op: 'MatMul', inputs: [hidden, 'lm_head'], outputs: ['logits'] }];
  return [
    { op: 'Gather', inputs: [hidden, 'newest'], outputs: ['newest_hidden'], attributes: { axis: 1 } },
    { op: 'MatMul', inputs: ['newest_hidden', 'lm_head'], outputs: ['logits'] },
  ];
}

function int64(name: string, values: number[], dims: number[] = []): ConstantParts {
  return { name, type: 'int64', dims, values: BigInt64Array.from(values, BigInt) };
}

function matrix(name: string, type: 'float32' | 'float16', dims: number[], values: Float32Array): ConstantParts {
  return { name, type, dims, values: type === 'float32' ? values : Uint16Array.from(values, halfBits) };
}

/** The nearest float16 for numbers of ordinary size: enough for weights. */
function halfBits(value: number): number {
  if (value === 0) return 0;
  const magnitude = Math.abs(value);
  const exponent = Math.max(-14, Math.floor(Math.log2(magnitude)));
  const scaled = Math.round(magnitude * 2 ** (10 - exponent));
  return (value < 0 ? 0x8000 : 0) + ((exponent + 14) << 10) + scaled;
}

function rotaryTables(headSize: number): { cos: Float32Array; sin: Float32Array } {
  const half = headSize / 2;
  const angle = (_: unknown, i: number) => Math.floor(i / half) / 10_000 ** ((2 * (i % half)) / headSize);
  const angles = Array.from({ length: TINY_POSITIONS * half }, angle);
  return { cos: Float32Array.from(angles, Math.cos), sin: Float32Array.from(angles, Math.sin) };
}

import { describe, expect, it } from 'vitest';
import { writeModel, type ModelParts } from '../../../test/support/onnx/onnx-writer.js';
import { tinyDecoder } from '../../../test/support/onnx/tiny-decoder.js';
import { TINY_NAMES } from '../../../test/support/onnx/tiny-model.js';
import { readModel } from '../onnx/graph.js';
import { bytesPerToken, layerOf, readCacheLayout, type CacheBuffer } from './kv-cache-layout.js';

const MODEL = { modelFile: 'model.onnx', contextLength: 256, vocabSize: 50, eosTokenIds: [2], ...TINY_NAMES };

/** The layout of written parts; inputs and outputs as a session would tell them. */
function layoutOf(parts: ModelParts): CacheBuffer[] {
  const values = (list: ModelParts['outputs'] = []) =>
    list.map(({ name, type, shape }) => ({ name, elementType: type, shape }));
  const session = { inputs: values(parts.inputs), outputs: values(parts.outputs) };
  return readCacheLayout(MODEL, session, readModel(writeModel(parts)).graph);
}

/** The tiny decoder with something wrong. */
function broken(change: (parts: ModelParts) => void): () => CacheBuffer[] {
  const parts = tinyDecoder();
  change(parts);
  return () => layoutOf(parts);
}

const attention = (parts: ModelParts) => parts.nodes.find((node) => node.op === 'GroupQueryAttention')!;
const input = (parts: ModelParts, name: string) => parts.inputs!.find((value) => value.name === name)!;

describe('the layer in a name', () => {
  it('is the number where the template says', () => {
    expect(layerOf('past.%d.key', 'past.12.key')).toBe('12');
    expect(layerOf('past.%d.key', 'past.12.value')).toBeNull();
    expect(layerOf('past.%d.key', 'past..key')).toBeNull();
    expect(layerOf('past.%d.key', 'past.1.2.key')).toBeNull();
    expect(layerOf('%d', '3')).toBe('3');
    expect(layerOf('past', 'past')).toBeNull();
  });
});

describe('a cache layout', () => {
  const layers = [
    { number: 3, kvHeads: 1, headSize: 16 },
    { number: 11, kvHeads: 2, headSize: 32 },
  ];
  const expected = (type: 'float32' | 'float16') =>
    ['key', 'value'].flatMap((part) =>
      layers.map(({ number, kvHeads, headSize }) => ({
        past: `past_key_values.${number}.${part}`,
        present: `present.${number}.${part}`,
        heads: kvHeads,
        headSize,
        elementType: type,
      })),
    );

  it('finds sparse layers of different sizes', () => {
    const buffers = layoutOf(tinyDecoder({ layers }));
    expect(buffers).toEqual(expected('float32'));
    expect(bytesPerToken(buffers)).toBe(2 * (1 * 16 + 2 * 32) * 4);
  });

  it('takes sizes that the inputs leave open from the operator that reads them', () => {
    expect(layoutOf(tinyDecoder({ layers, openCacheShape: true, type: 'float16' }))).toEqual(expected('float16'));
    // Without a declared result the packed query tells.
    const parts = tinyDecoder({ layers, openCacheShape: true });
    parts.values = layers.map(({ kvHeads, headSize }, i) => ({
      name: `qkv.${i}`,
      type: 'float32',
      shape: ['batch', 'tokens', (4 + 2 * kvHeads) * headSize],
    }));
    expect(layoutOf(parts)).toEqual(expected('float32'));
  });
});

describe('a cache that cannot be kept', () => {
  it.each<[string, (parts: ModelParts) => void, string | RegExp]>([
    [
      'grows by concatenation',
      (parts) => Object.assign(attention(parts), { op: 'MultiHeadAttention' }),
      '"past_key_values.0.key" is read by MultiHeadAttention, not by GroupQueryAttention alone',
    ],
    [
      'also tells the graph how long it is',
      (parts) => parts.nodes.push({ op: 'Shape', inputs: ['past_key_values.0.key'], outputs: ['s'] }),
      'is read by Shape',
    ],
    [
      'holds a window',
      (parts) => Object.assign(attention(parts).attributes!, { sliding_window_cache: 1, local_window_size: 8 }),
      'holds a sliding window only',
    ],
    [
      'is read by two operators',
      (parts) => parts.nodes.push({ ...attention(parts), outputs: ['second', 'k', 'v'] }),
      'is read by 2 operators',
    ],
    ['nobody reads', (parts) => attention(parts).inputs.splice(3, 1, ''), 'is read by 0 operators'],
    [
      'swaps keys and values',
      (parts) => attention(parts).inputs.splice(3, 2, 'past_key_values.0.value', 'past_key_values.0.key'),
      /are not past and present key of the same/,
    ],
    [
      'has no output',
      (parts) => parts.outputs.splice(1, 1),
      'has no output "present.0.key" to go with it; the outputs are logits, present.0.value',
    ],
    [
      'is quantised',
      (parts) => Object.assign(input(parts, 'past_key_values.1.value'), { type: 'int8' }),
      '"past_key_values.1.value" is int8 [batch, 2, past, 16]; a cache of float32 or float16 is needed',
    ],
    [
      'has one row only',
      (parts) => Object.assign(input(parts, 'past_key_values.0.key'), { shape: [1, 2, 'past', 16] }),
      'free batch and past is needed',
    ],
    [
      'has a fixed length',
      (parts) => Object.assign(input(parts, 'past_key_values.0.key'), { shape: ['batch', 2, 512, 16] }),
      'free batch and past is needed',
    ],
    [
      'lacks a value buffer',
      (parts) => parts.inputs!.splice(3, 1),
      'has 2 inputs named like "past_key_values.%d.key" and 1 like "past_key_values.%d.value"',
    ],
    ['is not there', (parts) => parts.inputs!.splice(2), 'has 0 inputs named like'],
    [
      'has sizes that nothing tells',
      (parts) => {
        parts.values = [];
        input(parts, 'past_key_values.0.key').shape = ['batch', 'h', 'past', 's'];
      },
      'nothing tells its fixed sizes',
    ],
  ])('because it %s is refused by name', (_, change, words) => {
    expect(broken(change)).toThrow(words);
  });
});

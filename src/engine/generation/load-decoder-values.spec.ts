import { describe, expect, it } from 'vitest';
import { TINY_NAMES } from '../../../test/support/onnx/tiny-model.js';
import type { ElementType } from '../ort/element-type.js';
import type { Dimension, ValueInfo } from '../ort/value-info.js';
import { readDecoderValues } from './load-decoder-values.js';

const MODEL = { modelFile: 'model.onnx', contextLength: 256, vocabSize: 50, eosTokenIds: [2], ...TINY_NAMES };

const value = (name: string, elementType: ElementType, ...shape: Dimension[]): ValueInfo => ({
  name,
  elementType,
  shape,
});
const IDS = value('input_ids', 'int64', 'batch', 'tokens');
const MASK = value('attention_mask', 'int64', 'batch', 'total');
const PAST = value('past_key_values.7.key', 'float32', 'batch', 2, 'past', 16);
const LOGITS = value('logits', 'float32', 'batch', 'tokens', 50);

const read = (inputs: ValueInfo[], logits: ValueInfo = LOGITS) =>
  readDecoderValues(MODEL, { inputs, outputs: [logits] });

describe('the inputs and outputs of a decoder', () => {
  it('are ids, mask and cache; positions where the graph has them', () => {
    const positions = value('position_ids', 'int64', 'batch', 'tokens');
    expect(read([IDS, MASK, PAST]).names.positionIds).toBeNull();
    expect(read([IDS, positions, MASK, PAST]).names).toEqual({
      inputIds: 'input_ids',
      attentionMask: 'attention_mask',
      positionIds: 'position_ids',
      logits: 'logits',
    });
    expect(read([IDS, MASK], value('logits', 'float16', '', '', 'vocab')).logitsElementType).toBe('float16');
  });

  it.each<[string, ValueInfo[], string]>([
    ['no mask', [IDS], 'it has no input "attention_mask"; its inputs are input_ids'],
    ['no ids', [MASK, value('inputs_embeds', 'float32', 'b', 't', 64)], 'it has no input "input_ids"'],
    [
      'positions with three axes',
      [IDS, MASK, value('position_ids', 'int64', 3, 'batch', 'tokens')],
      '"position_ids" is int64 [3, batch, tokens]; int64 with two free axes is needed; positions with three axes belong',
    ],
    ['a fixed batch', [value('input_ids', 'int64', 1, 'tokens'), MASK], '"input_ids" is int64 [1, tokens]'],
    ['short ids', [value('input_ids', 'int32', 'b', 't'), MASK], '"input_ids" is int32 [b, t]'],
    [
      'a recurrent state',
      [IDS, MASK, value('past_conv.0', 'float32', 'b', 64, 3)],
      '"past_conv.0", float32 [b, 64, 3]: a recurrent state',
    ],
    ['a merged export', [IDS, MASK, value('use_cache_branch', 'bool', 1)], 'the switch of a merged export'],
    ['a paged cache', [IDS, MASK, value('block_table', 'int32', 'b', 'n')], 'the table of a paged cache'],
    ['something unheard of', [IDS, MASK, value('mood', 'float32')], '"mood", float32 []: which nothing here can fill'],
  ])('are refused for %s, by name', (_, inputs, words) => {
    expect(() => read(inputs)).toThrow(words);
    expect(() => read(inputs)).toThrow(expect.objectContaining({ code: 'model_failed' }));
  });

  it.each<[string, ValueInfo, string]>([
    ['another name', value('scores', 'float32', 'b', 't', 50), 'no output "logits"; its outputs are scores'],
    ['another type', value('logits', 'bfloat16', 'b', 't', 50), '"logits" is bfloat16 [b, t, 50]'],
    ['another rank', value('logits', 'float32', 'b', 50), '"logits" is float32 [b, 50]'],
    [
      'another vocabulary',
      value('logits', 'float32', 'b', 't', 64),
      'has 64 logits, but vocab_size is 50: set it to 64',
    ],
  ])('are refused for logits with %s', (_, logits, words) => {
    expect(() => read([IDS, MASK], logits)).toThrow(words);
  });
});

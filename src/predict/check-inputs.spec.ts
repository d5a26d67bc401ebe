import { describe, expect, it } from 'vitest';
import { signatureOf } from '../../test/support/scripted-prediction.js';
import { AppError } from '../common/errors/app-error.js';
import type { Dtype, NamedValue, ValueSignature } from '../inference/prediction-model.js';
import { checkInputs } from './check-inputs.js';
import { emptyTensor } from './elements.js';

const value = (name: string, dtype: Dtype, shape: number[]): NamedValue => ({ name, value: emptyTensor(dtype, shape) });

function refusal(signature: ValueSignature[], values: NamedValue[]): AppError | null {
  try {
    checkInputs(signature, values, 'items.0.');
    return null;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

const f32 = (name: string, shape: ValueSignature['shape'], optional = false) =>
  signatureOf(name, 'float32', shape, optional);
const pair = [f32('a', ['batch', 'seq']), f32('b', ['batch', 'seq'])];
const zipMap: ValueSignature = {
  name: 'm',
  type: 'map(string,tensor(float))',
  dtype: null,
  shape: null,
  optional: false,
};
const brain: ValueSignature = { name: 'x', type: 'tensor(bfloat16)', dtype: null, shape: ['N'], optional: false };

describe('checkInputs', () => {
  it.each<[what: string, signature: ValueSignature[], values: NamedValue[]]>([
    ['what fits', pair, [value('a', 'float32', [2, 3]), value('b', 'float32', [2, 3])]],
    ['empty axes', pair, [value('a', 'float32', [0, 3]), value('b', 'float32', [0, 3])]],
    ['a scalar', [f32('s', [])], [value('s', 'float32', [])]],
    ['any rank where none is declared', [f32('x', null)], [value('x', 'float32', [1, 2, 3, 4, 5])]],
    ['a default left out', [f32('x', ['N']), f32('scale', [1], true)], [value('x', 'float32', [4])]],
    [
      'a default given',
      [f32('x', ['N']), f32('scale', [1], true)],
      [value('x', 'float32', [4]), value('scale', 'float32', [1])],
    ],
    ['nothing, where nothing is asked', [], []],
    ['unnamed axes of any length', [f32('x', [null, null, '?', '?'])], [value('x', 'float32', [1, 2, 3, 4])]],
    ['a map', [zipMap], [{ name: 'm', value: { kind: 'map', keys: [], values: [] } }]],
  ])('takes %s', (_what, signature, values) => {
    expect(refusal(signature, values)).toBeNull();
  });

  it.each<[message: string, signature: ValueSignature[], values: NamedValue[]]>([
    ['items.0.inputs.c: there is no such input; this model takes "a", "b".', pair, [value('c', 'float32', [])]],
    ['items.0.inputs.x: there is no such input; this model takes no inputs.', [], [value('x', 'float32', [])]],
    [
      'items.0.inputs.b is required: float32 [batch, seq]; this model takes "a", "b".',
      pair,
      [value('a', 'float32', [2, 3])],
    ],
    [
      'items.0.inputs.x: it is given twice.',
      [f32('x', ['N'])],
      [value('x', 'float32', [1]), value('x', 'float32', [1])],
    ],
    ['items.0.inputs.x: expected float32; got float64.', [f32('x', ['N'])], [value('x', 'float64', [1])]],
    [
      'items.0.inputs.x: expected rank 2, shape [N, 4]; got rank 1, shape [4].',
      [f32('x', ['N', 4])],
      [value('x', 'float32', [4])],
    ],
    [
      'items.0.inputs.x: expected 4 at axis 1, shape [N, 4]; got [2, 3].',
      [f32('x', ['N', 4])],
      [value('x', 'float32', [2, 3])],
    ],
    [
      'items.0.inputs.s: expected rank 0, shape []; got rank 1, shape [1].',
      [f32('s', [])],
      [value('s', 'float32', [1])],
    ],
    [
      'items.0.inputs.b: expected 2 at axis 0 ("batch"), as axis 0 of "a" has; got 1, shape [1, 3].',
      pair,
      [value('a', 'float32', [2, 3]), value('b', 'float32', [1, 3])],
    ],
    [
      'items.0.inputs.x: expected 2 at axis 1 ("N"), as axis 0 of "x" has; got 3, shape [2, 3].',
      [f32('x', ['N', 'N'])],
      [value('x', 'float32', [2, 3])],
    ],
    ['items.0.inputs.x: the element type of tensor(bfloat16) is not supported.', [brain], [value('x', 'float32', [1])]],
    ['items.0.inputs.m: expected map(string,tensor(float)); got a tensor.', [zipMap], [value('m', 'float32', [1])]],
    [
      'items.0.inputs.x: expected float32 [N]; got a sequence.',
      [f32('x', ['N'])],
      [{ name: 'x', value: { kind: 'sequence', items: [] } }],
    ],
  ])('says: %s', (message, signature, values) => {
    const error = refusal(signature, values);
    expect(error?.message).toBe(message);
    expect(error?.param).toBe(message.split(/[: ]/)[0]);
  });

  it('lists a few names of many', () => {
    const many = Array.from({ length: 500 }, (_, index) => f32(`input_${index}`, ['N']));
    expect(refusal(many, [value('x', 'float32', [1])])?.message).toMatch(/"input_19" and 480 more\.$/);
  });
});

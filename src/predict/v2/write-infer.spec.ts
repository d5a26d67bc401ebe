import { expect, it } from 'vitest';
import type { GraphValue, TensorValue } from '../../inference/prediction-model.js';
import { Pace } from '../pace.js';
import { writeInfer, type OutputGiven } from './write-infer.js';

const tensor = (shape: number[], ...values: number[]): TensorValue => ({
  kind: 'tensor',
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});
const given = (value: GraphValue, more: Partial<OutputGiven> = {}): OutputGiven => ({
  name: 'y',
  value,
  binary: false,
  classes: null,
  ...more,
});

async function answer(outputs: OutputGiven[], labels: string[] | null = null) {
  const head = { modelName: 'm', modelVersion: '1', id: 'abc', outputs };
  const { pieces } = await writeInfer(head, labels, new Pace());
  return JSON.parse(Buffer.from(pieces[0]).toString()) as { outputs: { data: unknown[] }[] };
}

it('names the model, echoes the id and writes data flat', async () => {
  expect(await answer([given(tensor([2, 1], 1, -2.5))])).toEqual({
    model_name: 'm',
    model_version: '1',
    id: 'abc',
    outputs: [{ name: 'y', datatype: 'FP32', shape: [2, 1], data: [1, -2.5] }],
  });
});

it('writes what is not finite as strings', async () => {
  const { outputs } = await answer([given(tensor([3], NaN, Infinity, -Infinity))]);
  expect(outputs[0].data).toEqual(['NaN', 'Infinity', '-Infinity']);
});

it('writes the best classes as score:index:label', async () => {
  const scores = given(tensor([2, 3], 0.25, 0.5, 0.25, 3, 2, 1), { classes: 2 });
  expect((await answer([scores], ['a', 'b'])).outputs[0]).toEqual({
    name: 'y',
    datatype: 'BYTES',
    shape: [2, 2],
    data: ['0.5:1:b', '0.25:0:a', '3:0:a', '2:1:b'],
  });
});

it('gives lists and maps as JSON texts', async () => {
  const maps: GraphValue = {
    kind: 'sequence',
    items: [{ kind: 'map', keys: [0n, 1n], values: [0.25, NaN] }],
  };
  expect((await answer([given(maps)])).outputs[0]).toEqual({
    name: 'y',
    datatype: 'BYTES',
    shape: [1],
    data: ['{"0":0.25,"1":"NaN"}'],
  });
});

/** Every dtype and rank, written as an answer and read back as a request, in JSON and in binary. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dtype, TensorValue, ValueSignature } from '../../inference/prediction-model.js';
import { elementCount, emptyTensor } from '../elements.js';
import { Pace } from '../pace.js';
import { DATATYPES } from './datatypes.js';
import { readInfer } from './read-infer.js';
import { writeInfer } from './write-infer.js';

const RUNS = 400;

const wide = (bits: number, signed: boolean) =>
  fc.bigInt(
    signed
      ? { min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n }
      : { min: 0n, max: 2n ** BigInt(bits) - 1n },
  );
const narrow = (bits: number, signed: boolean) => wide(bits, signed).map(Number);

/** Any element as it is stored; float16 as its bits, without the many spellings of NaN. */
const elements: Record<Dtype, fc.Arbitrary<unknown>> = {
  float16: fc.integer({ min: 0, max: 0xffff }).filter((bits) => (bits & 0x7c00) !== 0x7c00 || (bits & 0x3ff) === 0),
  float32: fc.float(),
  float64: fc.double(),
  int8: narrow(8, true),
  int16: narrow(16, true),
  int32: narrow(32, true),
  int64: wide(64, true),
  uint8: narrow(8, false),
  uint16: narrow(16, false),
  uint32: narrow(32, false),
  uint64: wide(64, false),
  bool: fc.integer({ min: 0, max: 1 }),
  string: fc.string({ unit: 'binary' }),
};

const tensors = (dtype: Dtype): fc.Arbitrary<TensorValue> =>
  fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 5 }).chain((shape) => {
    const length = elementCount(shape);
    return fc.array(elements[dtype], { minLength: length, maxLength: length }).map((values) => {
      const tensor = emptyTensor(dtype, shape);
      values.forEach((value, index) => ((tensor.data as unknown[])[index] = value));
      return tensor;
    });
  });

/** The outputs of an answer have the form of the inputs of a request. */
async function there(tensor: TensorValue, binary: boolean) {
  const outputs = [{ name: 'x', value: tensor, binary, classes: null }];
  const { pieces, jsonLength } = await writeInfer(
    { modelName: 'm', modelVersion: '1', id: null, outputs },
    null,
    new Pace(),
  );
  const json = JSON.parse(Buffer.from(pieces[0]).toString()) as { outputs: unknown[] };
  // As text, so that 64-bit integers keep their digits.
  const text = Buffer.from(pieces[0]).toString();
  const request = Buffer.from(text.replace(/^.*?"outputs":/s, '{"inputs":'));
  expect(json.outputs).toHaveLength(1);
  expect(jsonLength).toBe(binary ? pieces[0].length : null);
  return { bytes: Buffer.concat([request, ...pieces.slice(1)]), jsonLength: binary ? request.length : null };
}

const signature: ValueSignature[] = [{ name: 'x', type: '', dtype: null, shape: null, optional: false }];

describe.each([
  ['JSON', false],
  ['binary', true],
])('a tensor sent in %s', (_words, binary) => {
  it.each(Object.keys(DATATYPES) as Dtype[])('comes back the same: %s', async (dtype) => {
    const property = fc.asyncProperty(tensors(dtype), async (tensor) => {
      const { inputs } = await readInfer(await there(tensor, binary), signature, new Pace());
      expect(inputs).toEqual([{ name: 'x', value: tensor }]);
    });
    await fc.assert(property, { numRuns: RUNS });
  });
});

/** Every dtype and rank through the routes: sent, run by a model that gives back what it gets, answered, sent again. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptedPrediction, signatureOf } from '../../../test/support/scripted-prediction.js';
import { startScriptedV2App, type ScriptedV2App } from '../../../test/support/scripted-v2-app.js';
import type { Dtype, TensorValue } from '../../inference/prediction-model.js';
import { elementCount, emptyTensor } from '../elements.js';
import { Pace } from '../pace.js';
import { DATATYPES } from './datatypes.js';
import { JSON_LENGTH_HEADER, type InferBody } from './infer-body.js';
import { readInfer } from './read-infer.js';
import { writeInfer } from './write-infer.js';

const DTYPES = Object.keys(DATATYPES) as Dtype[];
/** 5,200 requests in all. */
const RUNS = 200;

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

const models = DTYPES.map((dtype) => new ScriptedPrediction({ id: dtype, inputs: [signatureOf('x', dtype, null)] }));
let app: ScriptedV2App;

beforeAll(async () => {
  app = await startScriptedV2App(models);
});

afterAll(() => app.close());

/** The outputs of an answer have the form of the inputs of a request: so the server's own writer makes the request. */
async function requestOf(tensor: TensorValue, binary: boolean) {
  const head = { modelName: 'm', modelVersion: '1', id: null };
  const outputs = [{ name: 'x', value: tensor, binary, classes: null }];
  const { pieces } = await writeInfer({ ...head, outputs }, null, new Pace());
  // As text, so that 64-bit integers keep their digits.
  const json = Buffer.from(pieces[0])
    .toString()
    .replace(/^.*?"outputs":/s, `{"parameters":{"binary_data_output":${binary}},"inputs":`);
  return { jsonLength: Buffer.byteLength(json), body: Buffer.concat([Buffer.from(json), ...pieces.slice(1)]) };
}

describe.each([
  ['JSON', false],
  ['binary', true],
])('a tensor sent in %s', (_words, binary) => {
  it.each(models)('comes back the same: $manifest.id', async (model) => {
    const property = fc.asyncProperty(tensors(model.manifest.id as Dtype), async (tensor) => {
      const { body, jsonLength } = await requestOf(tensor, binary);
      const headers: Record<string, string> = binary ? { [JSON_LENGTH_HEADER]: String(jsonLength) } : {};
      const url = `${app.baseUrl}/v2/models/${model.manifest.id}/infer`;
      const response = await fetch(url, { method: 'POST', body, headers });
      const bytes = Buffer.from(await response.arrayBuffer());
      expect(response.status, bytes.toString()).toBe(200);
      expect(model.requests.at(-1)!.inputs).toEqual([{ name: 'x', value: tensor }]);
      expect(model.requests.splice(0)).toHaveLength(1);
      const answered = response.headers.get(JSON_LENGTH_HEADER);
      const again = await readInfer(asRequest(bytes, answered), [], new Pace());
      expect(again.inputs).toEqual([{ name: 'x_out', value: tensor }]);
    });
    await fc.assert(property, { numRuns: RUNS });
  });
});

function asRequest(answer: Buffer, header: string | null): InferBody {
  const end = header === null ? answer.length : Number(header);
  const json = Buffer.from(
    answer
      .subarray(0, end)
      .toString()
      .replace(/^.*?"outputs":/s, '{"inputs":'),
  );
  return { bytes: Buffer.concat([json, answer.subarray(end)]), jsonLength: header === null ? null : json.length };
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../common/errors/app-error.js';
import { errorStatus } from '../../common/errors/error-body.js';
import type { ValueSignature } from '../../inference/prediction-model.js';
import { Pace } from '../pace.js';
import { readInfer } from './read-infer.js';

const x: ValueSignature = { name: 'x', type: 'tensor(float)', dtype: 'float32', shape: ['N', 2], optional: false };
const words: ValueSignature = { name: 't', type: 'tensor(string)', dtype: 'string', shape: [null], optional: false };

const read = (json: unknown, binary: Uint8Array = new Uint8Array(), signature = [x]) => {
  const head = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json));
  const jsonLength = binary.length > 0 ? head.length : null;
  return readInfer({ bytes: Buffer.concat([head, binary]), jsonLength }, signature, new Pace());
};
const input = (more: object) => ({ inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', ...more }] });
const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

const failure = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
};

describe('readInfer', () => {
  it('takes data flat or nested', async () => {
    const tensor = { kind: 'tensor', dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 2.5) };
    expect((await read(input({ data: [1, 2.5] }))).inputs).toEqual([{ name: 'x', value: tensor }]);
    expect((await read(input({ data: [[1, 2.5]] }))).inputs).toEqual([{ name: 'x', value: tensor }]);
  });

  it('takes inputs in any mix of JSON and binary, in order', async () => {
    const body = {
      inputs: [
        { name: 'a', shape: [1], datatype: 'FP32', parameters: { binary_data_size: 4 } },
        { name: 'b', shape: [1], datatype: 'INT64', data: ['WIDE'] },
        { name: 'c', shape: [2], datatype: 'UINT8', parameters: { binary_data_size: 2 } },
      ],
    };
    const text = JSON.stringify(body).replace('"WIDE"', '9007199254740993');
    const { inputs } = await read(text, Buffer.concat([floats(1.5), Uint8Array.of(7, 8)]));
    expect(inputs.map(({ value }) => (value.kind === 'tensor' ? value.data : null))).toEqual([
      Float32Array.of(1.5),
      BigInt64Array.of(9007199254740993n),
      Uint8Array.of(7, 8),
    ]);
  });

  it('reads what is asked of outputs', async () => {
    const call = await read({
      ...input({ data: [1, 2] }),
      id: 'abc',
      parameters: { binary_data_output: true, timeout: 2500, unknown: 1 },
      outputs: [{ name: 'y' }, { name: 'z', parameters: { binary_data: false, classification: 3 } }],
    });
    expect(call).toMatchObject({
      id: 'abc',
      timeoutMs: 2.5,
      outputs: [
        { name: 'y', binary: true, classes: null },
        { name: 'z', binary: false, classes: 3 },
      ],
    });
  });

  const raw = (bytes: Uint8Array, signature: ValueSignature[]) =>
    readInfer({ bytes, jsonLength: 0 }, signature, new Pace());

  it('takes a body of nothing but bytes, and then answers so', async () => {
    const call = await raw(floats(1, 2, 3, 4), [x]);
    expect(call).toMatchObject({ binaryByDefault: true, outputs: null, inputs: [{ value: { shape: [2, 2] } }] });
    expect((await raw(floats(1, 2, 3), [{ ...x, shape: ['N', 'C'] }])).inputs[0].value).toMatchObject({
      shape: [1, 3],
    });
    expect((await raw(Buffer.from('héllo'), [words])).inputs[0].value).toMatchObject({ shape: [1], data: ['héllo'] });
  });

  it('takes a body of nothing but bytes only where the bytes decide the shape', async () => {
    const free = await failure(raw(floats(1, 2, 3), [{ ...x, shape: [null, null, null] }]));
    expect(free.message).toBe('inputs.x: the shape [?, ?, ?] cannot be told from bytes.');
    expect((await failure(raw(floats(1, 2, 3), [x]))).message).toContain('expected 8 bytes for float32 [1, 2]; got 12');
    expect((await failure(raw(floats(1), [x, words]))).message).toContain('models with one input');
  });

  it.each<[name: string, json: unknown, binary: Uint8Array, message: string]>([
    ['nothing', '', new Uint8Array(), 'A body is required.'],
    ['no JSON', '{', new Uint8Array(), 'The body is not valid JSON: it ends too early.'],
    ['no inputs', {}, new Uint8Array(), 'inputs'],
    ['a list', [], new Uint8Array(), 'expected an object'],
    ['an unknown datatype', input({ datatype: 'BF16', data: [1, 2] }), new Uint8Array(), 'inputs.0.datatype'],
    ['a negative axis', input({ shape: [-1, 2], data: [1, 2] }), new Uint8Array(), 'inputs.0.shape.0'],
    ['no data', input({}), new Uint8Array(), 'inputs.x: neither data nor a binary_data_size was sent.'],
    ['both data', input({ data: [1], parameters: { binary_data_size: 8 } }), floats(1, 2), 'were both sent'],
    ['too few values', input({ data: [1] }), new Uint8Array(), 'expected 2 elements for shape [1, 2]; got 1'],
    ['a wrong value', input({ data: [1, 'a'] }), new Uint8Array(), 'inputs.x[1]: expected a number within float32'],
    [
      'too few bytes',
      input({ parameters: { binary_data_size: 4 } }),
      floats(1),
      'expected 8 bytes for float32 [1, 2]; got 4',
    ],
    ['bytes that are not there', input({ parameters: { binary_data_size: 8 } }), floats(1), 'only 4 bytes are left'],
    ['bytes of nobody', input({ data: [1, 2] }), floats(1), 'The body has 4 bytes behind the JSON'],
    [
      'a boolean of 2',
      { inputs: [{ name: 'x', shape: [2], datatype: 'BOOL', parameters: { binary_data_size: 2 } }] },
      Uint8Array.of(1, 2),
      'inputs.x: element 1: expected 0 or 1; got 2.',
    ],
    [
      'a string that is cut off',
      { inputs: [{ name: 't', shape: [1], datatype: 'BYTES', parameters: { binary_data_size: 6 } }] },
      Uint8Array.of(9, 0, 0, 0, 65, 66),
      'inputs.t: element 0 is cut off at byte 6.',
    ],
    [
      'a string that is no UTF-8',
      { inputs: [{ name: 't', shape: [1], datatype: 'BYTES', parameters: { binary_data_size: 5 } }] },
      Uint8Array.of(1, 0, 0, 0, 0xff),
      'inputs.t: element 0: expected UTF-8.',
    ],
    [
      'a string too many',
      { inputs: [{ name: 't', shape: [0], datatype: 'BYTES', parameters: { binary_data_size: 5 } }] },
      Uint8Array.of(1, 0, 0, 0, 65),
      'inputs.t: expected 0 elements; there are 5 bytes more.',
    ],
    [
      'a sequence',
      { ...input({ data: [1, 2] }), parameters: { sequence_id: 7, sequence_start: true } },
      new Uint8Array(),
      'parameters.sequence_id: nothing is remembered',
    ],
    ['a shape beyond memory', input({ shape: [1e9, 1e9], data: [1] }), new Uint8Array(), 'inputs.x: shape'],
  ])('refuses %s', async (_name, json, binary, message) => {
    expect((await failure(read(json, binary))).message).toContain(message);
  });

  it('refuses whatever else may come, always as an error of the request', async () => {
    const odd = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>(undefined, -1, 2 ** 53, 'FP32', [], {}, null));
    const inputs = fc.record(
      { name: odd, shape: odd, datatype: odd, data: odd, parameters: odd },
      { requiredKeys: [] },
    );
    const near = fc.record(
      {
        name: fc.constant('x'),
        shape: fc.array(fc.constantFrom<unknown>(0, 1, 2, 1e9, -1, 0.5, '1'), { maxLength: 3 }),
        datatype: fc.constantFrom('FP32', 'INT64', 'BYTES', 'BOOL'),
        data: odd,
        parameters: fc.record(
          { binary_data_size: fc.constantFrom<unknown>(0, 4, 8, 2 ** 40, 'x') },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: ['name', 'shape', 'datatype'] },
    );
    const body = fc.record({ id: odd, parameters: odd, outputs: odd, inputs: fc.array(inputs) }, { requiredKeys: [] });
    const hostile = fc.oneof(odd, body, fc.record({ inputs: fc.array(near, { maxLength: 2 }) }));
    const property = fc.asyncProperty(hostile, fc.uint8Array({ maxLength: 16 }), async (json, binary) => {
      try {
        await read(JSON.stringify(json) ?? '', binary);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
        expect(errorStatus(error as AppError)).toBe(400);
      }
    });
    await fc.assert(property, { numRuns: 2000 });
  });

  it('refuses a JSON length beyond the body', async () => {
    const body = { bytes: Buffer.from('{}'), jsonLength: 3 };
    expect((await failure(readInfer(body, [x], new Pace()))).message).toBe(
      'Inference-Header-Content-Length is 3, but the body has only 2 bytes.',
    );
  });
});

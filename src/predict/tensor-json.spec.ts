import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyTensor, DTYPES } from '../../test/support/any-tensor.js';
import type { AppError } from '../common/errors/app-error.js';
import type { Dtype, TensorValue } from '../inference/prediction-model.js';
import { elementCount, type JsonStyle } from './elements.js';
import { toFloat16Bits } from './float16.js';
import { readJson } from './json-reader.js';
import { Pace } from './pace.js';
import { tensorFromJson, type TensorTarget } from './tensor-json.js';
import { valueJson } from './value-json.js';

const PRECISE: JsonStyle = { nan: 'string', integers: 'number' };

const target = (dtype: Dtype, rest: Partial<TensorTarget> = {}): TensorTarget => ({
  dtype,
  declared: null,
  shape: null,
  param: 'inputs.x',
  ...rest,
});

const decode = (json: unknown, dtype: Dtype, rest: Partial<TensorTarget> = {}) =>
  tensorFromJson(json, target(dtype, rest), new Pace());

function fault(json: unknown, dtype: Dtype, rest: Partial<TensorTarget> = {}): Promise<AppError> {
  return decode(json, dtype, rest).then(
    () => Promise.reject(new Error('It was accepted.')),
    (error: AppError) => error,
  );
}

async function throughText(tensor: TensorValue, style: JsonStyle): Promise<{ nested: unknown; again: TensorValue }> {
  const text = await valueJson(tensor, style, new Pace());
  const nested = await readJson(Buffer.from(text), { name: 'text', param: null }, new Pace());
  return { nested, again: await decode(nested, tensor.dtype, { declared: tensor.shape }) };
}

describe('a tensor through JSON and back', () => {
  it.each(DTYPES)('is the same, of any rank from 0 to 5: %s', async (dtype) => {
    await fc.assert(
      fc.asyncProperty(
        anyTensor(dtype),
        fc.constantFrom<JsonStyle['integers']>('number', 'string'),
        async (tensor, integers) => {
          const { again } = await throughText(tensor, { ...PRECISE, integers });
          // A zero axis hides those before it that text cannot show: [0, 3] and [0, 2] are both [].
          expect(again).toEqual(tensor);
        },
      ),
      { numRuns: 400 },
    );
  });

  it.each(DTYPES)('is what JSON.parse makes of it, where a double can hold it: %s', async (dtype) => {
    await fc.assert(
      fc.asyncProperty(anyTensor(dtype), async (tensor) => {
        const text = await valueJson(tensor, { nan: 'null', integers: 'number' }, new Pace());
        let level: unknown[] = [JSON.parse(text)];
        for (const length of tensor.shape) {
          for (const array of level) expect(array).toHaveLength(length);
          level = (level as unknown[][]).flat();
        }
        expect(level).toHaveLength(elementCount(tensor.shape));
      }),
      { numRuns: 100 },
    );
  });

  it('holds for rows longer than a turn, written and read in pieces', async () => {
    const busy = { isDue: true, rest: () => Promise.resolve() } as unknown as Pace;
    const data = Float32Array.from({ length: 50_000 }, (_, i) => Math.fround(i / 7));
    for (const shape of [[50_000], [2, 25_000], [25_000, 2], [50_000, 1], [10, 10, 500]]) {
      const tensor: TensorValue = { kind: 'tensor', dtype: 'float32', shape, data };
      const text = await valueJson(tensor, PRECISE, busy);
      expect(await tensorFromJson(JSON.parse(text), target('float32'), busy)).toEqual(tensor);
    }
  });
});

describe('tensorFromJson', () => {
  it('takes a flat list beside a shape, and nested arrays beside the same', async () => {
    const wanted = { kind: 'tensor', dtype: 'int8', shape: [2, 3], data: Int8Array.of(1, 2, 3, 4, 5, 6) };
    expect(await decode([1, 2, 3, 4, 5, 6], 'int8', { shape: [2, 3] })).toEqual(wanted);
    expect(await decode([[1, 2, 3], [4, 5, 6]], 'int8', { shape: [2, 3] })).toEqual(wanted); // oxfmt-ignore
    expect((await decode([7], 'int8', { shape: [] })).shape).toEqual([]);
    expect((await decode([], 'int8', { shape: [0, 3] })).shape).toEqual([0, 3]);
  });

  it.each<[json: unknown, declared: TensorTarget['declared'], shape: number[]]>([
    [[], ['N', 4], [0, 4]],
    [[], ['N', 'M', 3], [0, 0, 3]],
    [
      [[], []],
      ['N', 'M'],
      [2, 0],
    ],
    [[], null, [0]],
    [[[]], ['N'], [1, 0]],
  ])('completes what the empty array %j cannot show from %j', async (json, declared, shape) => {
    expect((await decode(json, 'float32', { declared })).shape).toEqual(shape);
  });

  it('takes words for what JSON has no numbers for, and rounds to the dtype', async () => {
    const { data } = await decode(['NaN', 'Infinity', '-Infinity', 0.1, -0, 9007199254740993n], 'float32');
    expect([...(data as Float32Array)]).toEqual([NaN, Infinity, -Infinity, Math.fround(0.1), -0, 2 ** 53]);
    expect((await decode([0.1, 65519], 'float16')).data).toEqual(Uint16Array.of(toFloat16Bits(0.1), 0x7bff));
  });

  it('takes 64-bit integers as safe numbers, as bigints and as strings', async () => {
    const { data } = await decode([-1, 9223372036854775807n, '-9223372036854775808'], 'int64');
    expect(data).toEqual(BigInt64Array.of(-1n, 2n ** 63n - 1n, -(2n ** 63n)));
  });

  const refused: [json: unknown, dtype: Dtype, message: string][] = [
    [[[1, 2], [3]], 'float32', 'inputs.x[1]: expected an array of 2; got an array of 1.'],
    [[[1, 2], 3], 'float32', 'inputs.x[1]: expected an array of 2; got 3.'],
    [
      [
        [[1], [2]],
        [[3], 4],
      ],
      'float32',
      'inputs.x[1][1]: expected an array of 1; got 4.',
    ],
    [
      [1, [2]],
      'float32',
      'inputs.x[1]: expected a number within float32, or "NaN", "Infinity" or "-Infinity"; got an array of 1.',
    ],
    [
      [
        [1, 2],
        [3, 'x'],
      ],
      'uint8',
      'inputs.x[1][1]: expected an integer from 0 to 255; got "x".',
    ],
    [[1, 300], 'uint8', 'inputs.x[1]: expected an integer from 0 to 255; got 300.'],
    [[-1], 'uint8', 'inputs.x[0]: expected an integer from 0 to 255; got -1.'],
    [[1.5], 'int32', 'inputs.x[0]: expected an integer from -2147483648 to 2147483647; got 1.5.'],
    [
      [null],
      'float32',
      'inputs.x[0]: expected a number within float32, or "NaN", "Infinity" or "-Infinity"; got null.',
    ],
    [5.5, 'bool', 'inputs.x: expected true or false; got 5.5.'],
    [[1], 'bool', 'inputs.x[0]: expected true or false; got 1.'],
    [['a', 1], 'string', 'inputs.x[1]: expected a string; got 1.'],
    [[{}], 'string', 'inputs.x[0]: expected a string; got an object.'],
    [['1'], 'float32', 'inputs.x[0]: expected a number within float32, or "NaN", "Infinity" or "-Infinity"; got "1".'],
    [
      [18446744073709551616n],
      'uint64',
      'inputs.x[0]: expected an integer from 0 to 18446744073709551615, in digits or as a string of digits; got 18446744073709551616.',
    ],
    [
      [2 ** 60],
      'int64',
      `inputs.x[0]: expected an integer from ${-(2n ** 63n)} to ${2n ** 63n - 1n}, in digits or as a string of digits; got 1152921504606847000.`,
    ],
  ];
  it.each(refused.map(([json, dtype, message]) => ({ json, dtype, message })))(
    '$message',
    async ({ json, dtype, message }) => {
      expect(await fault(json, dtype)).toMatchObject({ code: 'invalid_value', param: 'inputs.x', message });
    },
  );

  it.each([
    [3.4028236e38, 'float32'],
    [-1e39, 'float32'],
    [65520, 'float16'],
    [Infinity, 'float64'],
  ] as const)('refuses %d, which no %s can hold', async (value, dtype) => {
    expect((await fault([value], dtype)).message).toContain(`a number within ${dtype}`);
  });

  it('sets nothing aside for a shape that its data does not fill', async () => {
    const before = process.memoryUsage().arrayBuffers;
    expect((await fault([], 'float64', { shape: [2_000_000_000] })).message).toContain(
      'expected an array of 2000000000',
    );
    expect((await fault([1], 'float64', { shape: [1_000_000, 2000] })).message).toContain('got 1.');
    expect((await fault([], 'float64', { shape: [4_000_000_000, 0] })).message).toContain('larger than');
    const wide = [Array.from({ length: 1000 }, () => 0), ...Array.from({ length: 100_000 }, () => 0)];
    expect((await fault(wide, 'float64')).message).toContain('inputs.x[1]: expected an array of 1000; got 0');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6);
  });

  it('does not use the stack for depth', async () => {
    let nested: unknown = 1;
    for (let depth = 0; depth < 100_000; depth++) nested = [nested];
    expect(
      (await decode(nested, 'float32', { shape: [1] }).catch((error: AppError) => error)) as AppError,
    ).toMatchObject({
      code: 'invalid_value',
    });
  });
});

describe('valueJson', () => {
  const style: JsonStyle = { nan: 'null', integers: 'number' };

  it('writes maps and sequences as plain JSON', async () => {
    const map = { kind: 'map' as const, keys: ['a', '"b"'], values: [NaN, 0.5] };
    expect(await valueJson({ kind: 'sequence', items: [map, map] }, style, new Pace())).toBe(
      '[{"a":null,"\\"b\\"":0.5},{"a":null,"\\"b\\"":0.5}]',
    );
    const wide = { kind: 'map' as const, keys: [-1n], values: [2n ** 63n - 1n] };
    expect(await valueJson(wide, { ...style, integers: 'string' }, new Pace())).toBe('{"-1":"9223372036854775807"}');
    expect(await valueJson({ kind: 'sequence', items: [] }, style, new Pace())).toBe('[]');
  });

  it.each<[shape: number[], text: string]>([
    [[0], '[]'],
    [[0, 3], '[]'],
    [[2, 0], '[[],[]]'],
    [[2, 0, 3], '[[],[]]'],
    [[1, 2, 0], '[[[],[]]]'],
  ])('writes the empty shape %j as %s', async (shape, text) => {
    const tensor: TensorValue = { kind: 'tensor', dtype: 'float32', shape, data: new Float32Array(0) };
    expect(await valueJson(tensor, style, new Pace())).toBe(text);
  });

  it('refuses an answer that would not fit, also one of brackets alone', async () => {
    const hollow: TensorValue = {
      kind: 'tensor',
      dtype: 'float32',
      shape: [2_000_000_000, 0],
      data: new Float32Array(0),
    };
    await expect(valueJson(hollow, style, new Pace())).rejects.toMatchObject({ code: 'invalid_value' });
  });

  it('writes lone surrogates so that they are text', async () => {
    const tensor: TensorValue = { kind: 'tensor', dtype: 'string', shape: [1], data: ['\ud800'] };
    expect(await valueJson(tensor, style, new Pace())).toBe('["\\ud800"]');
  });
});

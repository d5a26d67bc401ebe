/**
 * Every golden of the one-shot models that gives tensors (not images), through the engine's own session.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../src/common/errors/app-error.js';
import type { GraphValue, PredictOptions } from '../../src/engine/protocol.js';
import { halfToNumber } from '../../src/engine/tensors/half.js';
import { loadTensors, type LoadedTensors } from '../../src/engine/tensors/load-tensors.js';
import {
  goldenInputs,
  goldenNumber,
  goldenTensor,
  PREDICT_MODELS,
  predictModels,
  readGoldens,
  type GoldenOutput,
  type GoldenTensor,
} from './predict-golden-files.js';

const OPTIONS: PredictOptions = {
  provider: 'cpu',
  threads: 1,
  batching: 'auto',
  maxBatch: 8,
  maxDelayMs: 0,
  maxOutputBytes: 64 * 1024 * 1024,
};

if (predictModels.length === 0) console.log(`No goldens of one-shot models: ${PREDICT_MODELS} is absent.`);

interface Tolerance {
  rtol: number;
  atol: number;
}

function expectNumbers(got: number[], wanted: number[], { rtol, atol }: Tolerance): void {
  expect(got).toHaveLength(wanted.length);
  for (const [i, number] of wanted.entries()) {
    if (Number.isFinite(number)) expect(Math.abs(got[i] - number)).toBeLessThanOrEqual(atol + rtol * Math.abs(number));
    else expect(got[i]).toBe(number);
  }
}

function expectTensor(got: GraphValue, wanted: GoldenTensor, tolerance: Tolerance): void {
  if (got.kind !== 'tensor') throw new Error(`a ${got.kind} instead of a tensor`);
  expect({ dtype: got.dtype, shape: got.shape }).toEqual({ dtype: wanted.dtype, shape: wanted.shape });
  const { dtype, data } = got;
  if (dtype === 'float16') expectNumbers(Array.from(data as Uint16Array, halfToNumber), numbers(wanted), tolerance);
  else if (dtype === 'float32' || dtype === 'float64') {
    expectNumbers(Array.from(data as Float32Array), numbers(wanted), tolerance);
  } else expect(data).toEqual(goldenTensor(wanted).data);
}

function numbers(tensor: GoldenTensor): number[] {
  if (tensor.data === undefined) return Array.from(goldenTensor(tensor).data as Float32Array);
  const values = tensor.data.map(goldenNumber);
  return tensor.dtype === 'float32' ? values.map(Math.fround) : values;
}

function expectOutput(got: GraphValue, wanted: GoldenOutput, tolerance: Tolerance): void {
  if (wanted.kind === 'tensor') {
    expectTensor(got, wanted, tolerance);
    return;
  }
  if (got.kind !== 'sequence') throw new Error(`a ${got.kind} instead of a sequence`);
  expect(got.items).toHaveLength(wanted.data.length);
  for (const [index, item] of got.items.entries()) {
    const want = wanted.data[index];
    if (item.kind !== 'map') expectTensor(item, want as GoldenTensor, tolerance);
    else {
      expect(item.keys.map(String)).toEqual(Object.keys(want));
      expectNumbers(item.values as number[], Object.values(want).map(goldenNumber), tolerance);
    }
  }
}

describe.skipIf(predictModels.length === 0)('a model of bfloat16', () => {
  it('loads, and says that its values are of no type that is served', async () => {
    const { session, report } = await loadTensors(`${PREDICT_MODELS}/identity-bfloat16/model.onnx`, OPTIONS, '1');
    expect(report.inputs).toEqual([
      { name: 'x', type: 'tensor(bfloat16)', dtype: null, shape: ['N', 'M'], optional: false },
    ]);
    session.dispose();
  });
});

describe.each(predictModels.filter((name) => name !== 'identity-bfloat16'))('the goldens of %s', (model) => {
  const goldens = readGoldens(model);
  const tolerance = { rtol: goldens.rtol ?? 0, atol: goldens.atol ?? 0 };
  const cases = goldens.cases.flatMap((golden) => {
    const inputs = goldenInputs(golden);
    return inputs === null ? [] : [{ ...golden, inputs }];
  });
  let loaded: LoadedTensors;
  beforeAll(async () => {
    loaded = await loadTensors(`${PREDICT_MODELS}/${model}/model.onnx`, OPTIONS, '1');
  });
  afterAll(() => {
    loaded.session.dispose();
  });

  it('declares what the file says', () => {
    const plain = (values: { name: string; type: string }[]) => values.map(({ name, type }) => ({ name, type }));
    const { inputs, outputs } = loaded.report;
    expect(plain(inputs.filter((input) => !input.optional))).toEqual(plain(goldens.signature.inputs));
    expect(plain(outputs)).toEqual(plain(goldens.signature.outputs));
  });

  const refused = cases.filter((golden) => golden.expect_error !== undefined && golden.ort_runs_it !== true);
  it.each(refused)('$name: an error of the request', async ({ inputs }) => {
    const error = (await loaded.session.run(inputs, null).catch((thrown: unknown) => thrown)) as AppError;
    expect(error).toBeInstanceOf(AppError);
    expect(error.code).toBe('invalid_value');
    expect(error.message).not.toMatch(/onnxruntime|\.cc\b|Status Message/);
  });

  const answered = cases.flatMap(({ name, inputs, outputs }) =>
    outputs === undefined ? [] : [{ name, inputs, outputs }],
  );
  it.each(answered)('$name', async ({ inputs, outputs: wanted }) => {
    const outputs = await loaded.session.run(inputs, null);
    expect(outputs.map((output) => output.name)).toEqual(Object.keys(wanted));
    for (const { name, value } of outputs) expectOutput(value, wanted[name], tolerance);
  });
});

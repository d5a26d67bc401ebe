import { afterEach, describe, expect, it } from 'vitest';
import type { ModelParts } from '../../../test/support/onnx/onnx-writer.js';
import {
  DIVISION,
  FIRST_ROW,
  modelFile,
  PREDICT_OPTIONS,
  SCALED,
  SHARES,
  zipMap,
} from '../../../test/support/onnx/tensor-models.js';
import type { PredictOptions } from '../protocol.js';
import { loadTensors, type LoadedTensors } from './load-tensors.js';

let loaded: LoadedTensors | null = null;
afterEach(() => {
  loaded?.session.dispose();
  loaded = null;
});

async function load(parts: ModelParts | Uint8Array, options: Partial<PredictOptions> = {}): Promise<LoadedTensors> {
  const { file, remove } = modelFile(parts);
  try {
    loaded = await loadTensors(file, { ...PREDICT_OPTIONS, ...options }, '1');
    return loaded;
  } finally {
    remove();
  }
}

/** A float32 product by way of 8-bit integers, with one scale for the whole input. */
const DYNAMIC: ModelParts = {
  nodes: [
    { op: 'DynamicQuantizeLinear', inputs: ['x'], outputs: ['q', 'scale', 'zero'] },
    { op: 'DequantizeLinear', inputs: ['q', 'scale', 'zero'], outputs: ['y'] },
  ],
  inputs: [{ name: 'x', type: 'float32', shape: ['n', 3] }],
  outputs: [{ name: 'y', type: 'float32', shape: ['n', 3] }],
};

/** Exporters leave the batch of the example inside, and a free axis outside. */
const ONE_ROW: ModelParts = {
  nodes: [
    { op: 'Reshape', inputs: ['x', 'to'], outputs: ['row'] },
    { op: 'Add', inputs: ['x', 'row'], outputs: ['y'] },
  ],
  inputs: [{ name: 'x', type: 'float32', shape: ['n', 3] }],
  outputs: [{ name: 'y', type: 'float32', shape: ['n', 3] }],
  constants: [{ name: 'to', type: 'int64', dims: [2], values: BigInt64Array.of(1n, 3n) }],
};

describe('loading a one-shot model', () => {
  it('reports its signature, its graph and the runtime', async () => {
    const { report } = await load({ ...SCALED, metadata: { author: 'Ada' } });
    expect(report).toMatchObject({
      provider: 'cpu',
      runtimeVersion: '1.30.0',
      inputs: [
        { name: 'x', optional: false },
        { name: 'scale', optional: true },
      ],
      outputs: [{ name: 'y', shape: ['n', 2] }],
      batching: { enabled: true },
      graph: { producer: 'test', custom: { author: 'Ada' }, opsets: { 'ai.onnx': 18 } },
    });
    expect(report.warmupMs).toBeGreaterThanOrEqual(0);
  });

  it.each<[string, ModelParts, boolean, string]>([
    ['rows that do not know each other', SCALED, true, 'same bits'],
    ['integers', DIVISION, true, 'same bits'],
    ['tables', zipMap(['a', 'b']), true, 'same bits'],
    ['rows that share', SHARES, false, 'depended on the row beside it'],
    ['a graph that takes one row only, whatever it says', ONE_ROW, false, 'failed'],
    ['outputs that are no rows', FIRST_ROW, false, 'do not divide into rows'],
    ['one scale for a whole tensor', DYNAMIC, false, 'DynamicQuantizeLinear'],
  ])('tries whether requests can share runs: %s', async (_, parts, enabled, words) => {
    const { report } = await load(parts);
    expect(report.batching).toEqual({ enabled, reason: expect.stringContaining(words) });
  });

  it('serves a model that refuses made-up inputs', async () => {
    const refusing: ModelParts = {
      nodes: [{ op: 'Reshape', inputs: ['x', 'to'], outputs: ['y'] }],
      inputs: [{ name: 'x', type: 'float32', shape: ['n', 'free'] }],
      outputs: [{ name: 'y', type: 'float32', shape: ['n', 3] }],
      constants: [{ name: 'to', type: 'int64', dims: [2], values: BigInt64Array.of(-1n, 3n) }],
    };
    const { session, report } = await load(refusing);
    expect(report.batching.enabled).toBe(true);
    const x = { kind: 'tensor', dtype: 'float32', shape: [1, 3], data: new Float32Array(3) } as const;
    expect(await session.run([{ name: 'x', value: { ...x, shape: [1, 3] } }], null)).toHaveLength(1);
  });

  it.each<[string, Uint8Array, string]>([
    ['what is no model', new TextEncoder().encode('hello'), 'model.onnx is not an ONNX model'],
    ['an empty file', new Uint8Array(), 'model.onnx is not an ONNX model'],
  ])('refuses %s', async (_, bytes, words) => {
    await expect(load(bytes)).rejects.toMatchObject({ code: 'model_failed', message: expect.stringContaining(words) });
  });

  it('refuses an operator that does not exist, in the runtime’s words', async () => {
    const unknown: ModelParts = { ...SCALED, nodes: [{ op: 'Fancy', inputs: ['x'], outputs: ['y'] }] };
    await expect(load(unknown)).rejects.toMatchObject({
      code: 'model_failed',
      message: expect.stringContaining('Fancy'),
    });
  });

  it('refuses a file that is not there', async () => {
    const loading = loadTensors('/no/such/model.onnx', PREDICT_OPTIONS, '1');
    await expect(loading).rejects.toMatchObject({
      code: 'model_failed',
      message: expect.stringContaining('model.onnx'),
    });
  });
});

/**
 * One-shot runs in the built engine, forked, over its real channel: also the run that ends the process.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { FromEngine, NamedValue, TensorValue } from '../../src/engine/protocol.js';
import { ForkedEngine, hasBuiltEngine } from '../support/forked-engine.js';
import type { ModelParts } from '../support/onnx/onnx-writer.js';
import { slowModel } from '../support/onnx/slow-model.js';
import {
  DIVISION,
  identity,
  modelFile,
  PREDICT_OPTIONS,
  SCALED,
  type ModelFile,
} from '../support/onnx/tensor-models.js';

const LOWEST = -(2 ** 31);

function division(a: number, b: number): NamedValue[] {
  const value = (number: number): TensorValue => ({
    kind: 'tensor',
    dtype: 'int32',
    shape: [1],
    data: Int32Array.of(number),
  });
  return [
    { name: 'a', value: value(a) },
    { name: 'b', value: value(b) },
  ];
}

describe.skipIf(!hasBuiltEngine)('one-shot runs in the engine process', () => {
  let engine: ForkedEngine;
  let model: ModelFile;
  afterEach(async () => {
    engine.disconnect();
    await engine.exit;
    model.remove();
  });

  async function load(parts: ModelParts): Promise<void> {
    model = modelFile(parts);
    engine = new ForkedEngine();
    engine.send({ kind: 'loadPredict', modelFile: model.file, options: PREDICT_OPTIONS });
    await engine.kind('loadedPredict');
  }

  function run(id: number, inputs: NamedValue[]): void {
    engine.send({ kind: 'run', id, inputs, outputs: null, alone: false });
  }

  function answer(id: number): Promise<FromEngine> {
    const isAnswer = (m: FromEngine) => (m.kind === 'result' || m.kind === 'runError') && m.id === id;
    return engine.hear((heard) => heard.find(isAnswer));
  }

  it('answers, joined or not, each request with its own', async () => {
    await load(DIVISION);
    for (let id = 1; id <= 20; id += 1) run(id, division(id * 6, id === 7 ? 0 : 3));
    for (let id = 1; id <= 20; id += 1) {
      const wanted =
        id === 7
          ? { kind: 'runError', error: { code: 'invalid_value', message: expect.stringContaining('division by zero') } }
          : { kind: 'result', outputs: [{ value: { data: Int32Array.of(id * 2) } }] };
      expect(await answer(id)).toMatchObject(wanted);
    }
    const beat = (m: FromEngine) => m.kind === 'heartbeat' && m.stats.steps > 0;
    await engine.hear((heard) => heard.find(beat));
  });

  it('names the suspects before the run that ends the process', async () => {
    await load(DIVISION);
    run(1, division(4, 2));
    await answer(1);
    run(2, division(LOWEST, -1));
    expect(await engine.exit).toEqual({ code: null, signal: 'SIGFPE' });
    expect(engine.heard.findLast((m) => m.kind === 'running')).toEqual({ kind: 'running', ids: [2] });
  });

  it('carries texts and 64-bit numbers whole', async () => {
    await load(identity('int64'));
    const data = BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n);
    run(1, [{ name: 'x', value: { kind: 'tensor', dtype: 'int64', shape: [3], data } }]);
    expect(await answer(1)).toMatchObject({ outputs: [{ name: 'y', value: { dtype: 'int64', data } }] });
  });

  it('drops an aborted request, and ends a run under way to shut down', async () => {
    await load(slowModel(4000, 384));
    const value: TensorValue = {
      kind: 'tensor',
      dtype: 'float32',
      shape: [384, 384],
      data: new Float32Array(384 * 384),
    };
    run(1, [{ name: 'x', value }]);
    run(2, [{ name: 'x', value }]);
    await engine.hear((heard) => heard.find((m) => m.kind === 'running'));
    engine.send({ kind: 'abort', id: 2 });
    engine.send({ kind: 'shutdown' });
    expect(await engine.exit).toEqual({ code: 0, signal: null });
    expect(engine.heard.filter((m) => m.kind === 'running')).toEqual([{ kind: 'running', ids: [1] }]);
  });

  it('says why a model cannot be loaded, and lives on', async () => {
    model = modelFile({ ...SCALED, nodes: [{ op: 'Fancy', inputs: ['x'], outputs: ['y'] }] });
    engine = new ForkedEngine();
    engine.send({ kind: 'loadPredict', modelFile: model.file, options: PREDICT_OPTIONS });
    expect(await engine.kind('failed')).toMatchObject({ error: { code: 'model_failed' } });
    engine.send({ kind: 'shutdown' });
    expect(await engine.exit).toEqual({ code: 0, signal: null });
  });
});

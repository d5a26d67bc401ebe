import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runsGiven, scriptedEngines } from '../../test/support/scripted-engine.js';
import { AppError } from '../common/errors/app-error.js';
import { DrainService } from '../common/lifecycle/drain.service.js';
import { Metrics } from '../common/metrics/metrics.js';
import type { NamedValue, PredictLoadReport, PredictOptions } from '../engine/protocol.js';
import type { PredictManifest } from './catalog/manifest.js';
import { observeModel } from './model-observer.js';
import { RESTART } from './restart-policy.js';
import { ServedPrediction } from './served-prediction.js';

const onDisk = {
  task: 'predict',
  id: 'm',
  folder: '/m',
  modelFile: '/m/model.onnx',
  labels: ['a', 'b'],
  labelsFile: 'labels.txt',
  warnings: [],
} as unknown as PredictManifest;
const engine: PredictOptions = {
  provider: 'cpu',
  threads: 1,
  batching: 'auto',
  maxBatch: 4,
  maxDelayMs: 1,
  maxOutputBytes: 1000,
};
const inputs: NamedValue[] = [
  { name: 'x', value: { kind: 'tensor', dtype: 'float32', shape: [1], data: Float32Array.of(1) } },
];
const open = () => new AbortController().signal;
const codeOf = (error: unknown) => (error as AppError).code;

function served(maxQueue = 2) {
  const { spawn, engines } = scriptedEngines();
  const metrics = new Metrics({ vllmAliases: false });
  const log: string[] = [];
  const write = (line: string) => void log.push(line);
  const loads: PredictLoadReport[] = [];
  const observer = observeModel<PredictLoadReport>(
    { id: 'm', workload: 'predict' },
    metrics,
    { log: write, warn: write, error: write },
    (report) => loads.push(report),
  );
  const drain = new DrainService();
  const model = new ServedPrediction(onDisk, { engine, maxQueue, stallMs: 5000 }, spawn, drain, observer);
  model.start();
  const figure = async (name: string) => {
    const lines = (await metrics.scrape()).split('\n').filter((line) => line.startsWith(name));
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };
  return { model, engines, latest: () => engines.at(-1)!, drain, log, loads, figure, metrics };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('ServedPrediction', () => {
  it('loads its file, says what it found, and drops labels that do not fit', () => {
    const { model, latest, loads } = served();
    expect(latest().received).toEqual([{ kind: 'loadPredict', modelFile: '/m/model.onnx', options: engine }]);
    expect(model).toMatchObject({ state: 'loading', report: null, manifest: onDisk });
    latest().loadPredict();
    expect(model).toMatchObject({ state: 'ready', report: { runtimeVersion: '0.0.0' } });
    expect(model.manifest).toMatchObject({ labels: null, warnings: [{ file: 'labels.txt' }] });
    expect(loads).toHaveLength(1);
  });

  it('refuses while it loads, when it cannot be loaded, and when the service drains', async () => {
    const { model, latest } = served();
    await expect(model.run(inputs, null, open())).rejects.toMatchObject({ code: 'model_loading' });
    const message = 'Fatal error: com.example:MyOp(-1) is not a registered function/op';
    latest().say({ kind: 'failed', error: { code: 'internal_error', message, param: null } });
    await expect(model.run(inputs, null, open())).rejects.toMatchObject({
      code: 'model_failed',
      message: expect.stringContaining('/ready and the log say why') as string,
    });
    expect(model.health).toMatchObject({ state: 'failed', reason: expect.stringContaining('com.example:MyOp') });
    const draining = served();
    draining.latest().loadPredict();
    draining.drain.begin();
    await expect(draining.model.run(inputs, null, open())).rejects.toMatchObject({ code: 'shutting_down' });
  });

  it('answers, and counts what it answered', async () => {
    const { model, latest, figure } = served();
    latest().loadPredict();
    const answer = model.run(inputs, ['y'], open());
    expect(latest().received.at(-1)).toEqual({ kind: 'run', id: 1, inputs, outputs: ['y'], alone: false });
    latest().running(1);
    expect(await figure('ingot_requests_running')).toBe(1);
    latest().result(1);
    expect(await answer).toMatchObject({ outputs: [], timings: { runMs: 2 } });
    expect(await figure('ingot_requests_finished_total{model="m",finish_reason="result"}')).toBe(1);
    expect(await figure('ingot_predict_run_time_seconds_sum')).toBeCloseTo(0.002);
    expect(await figure('ingot_requests_running')).toBe(0);
    expect(model.inFlight).toBe(0);
  });

  it('takes one running request and the queue, and not one more', async () => {
    const { model, latest } = served(2);
    latest().loadPredict();
    const accepted = [1, 2, 3].map(() => model.run(inputs, null, open()));
    await expect(model.run(inputs, null, open())).rejects.toMatchObject({
      code: 'queue_full',
      retryAfterSeconds: expect.any(Number),
      message: 'The queue is full: 1 request may run and 2 may wait for this model.',
    });
    for (const id of [1, 2, 3]) latest().result(id);
    await Promise.all(accepted);
    expect(model.inFlight).toBe(0);
  });

  it('lets go of a request whose caller left', async () => {
    const { model, latest, figure } = served();
    latest().loadPredict();
    const caller = new AbortController();
    const answer = model.run(inputs, null, caller.signal);
    caller.abort(new AppError('client_closed_request', 'gone'));
    await expect(answer).rejects.toThrow('gone');
    expect(latest().received.at(-1)).toEqual({ kind: 'abort', id: 1 });
    expect(await figure('ingot_requests_cancelled_total')).toBe(1);
    expect(model.inFlight).toBe(0);
    await expect(model.run(inputs, null, caller.signal)).rejects.toThrow('gone');
  });

  it('survives any number of requests that end engines, and answers the next one', async () => {
    const { model, engines, latest, figure } = served(10);
    latest().loadPredict();
    for (let attack = 0; attack < 2 * RESTART.breakerAfter; attack += 1) {
      const poison = model.run(inputs, null, open());
      const refused = poison.then(() => 'answered', codeOf);
      const poisonId = Number.parseInt(runsGiven(latest()).at(-1)!, 10);
      for (let end = 0; end < 2; end += 1) {
        latest().running(poisonId);
        latest().exit('it was ended by SIGFPE');
        expect(model.state).toBe('restarting');
        vi.advanceTimersByTime(RESTART.maxDelayMs);
        latest().loadPredict();
      }
      expect(await refused).toBe('request_crashed_engine');
    }
    const innocent = model.run(inputs, null, open());
    latest().result(2 * RESTART.breakerAfter + 1);
    await innocent;
    expect(model.state).toBe('ready');
    expect(engines).toHaveLength(1 + 4 * RESTART.breakerAfter);
    expect(await figure('ingot_requests_failed_total{model="m",code="request_crashed_engine"}')).toBe(
      2 * RESTART.breakerAfter,
    );
    expect(await figure('ingot_requests_finished_total')).toBe(1);
  });

  it('ends what waits when it stops', async () => {
    const { model, latest } = served();
    latest().loadPredict();
    const answer = model.run(inputs, null, open()).then(() => 'answered', codeOf);
    await model.stop();
    expect(await answer).toBe('shutting_down');
  });
});

/**
 * One-shot models beside a broken folder, as their users see them: the log, readiness, the cards and the wrong door.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PredictiveModelCard } from '../../src/model/predictive-model-card.js';
import { RunningServer } from '../support/running-server.js';

const DIGITS = '../shared/models/predict/digits-cnn';
const present = existsSync(DIGITS);
if (!present) console.log(`Folders of one-shot models are not served in tests: ${DIGITS} is absent.`);

describe.skipIf(!present)('a folder of one-shot models', () => {
  let root: string;
  let server: RunningServer;
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'models-'));
    for (const name of ['digits', 'cut', 'odd']) mkdirSync(join(root, name));
    for (const name of ['model.onnx', 'labels.txt']) cpSync(`${DIGITS}/${name}`, join(root, 'digits', name));
    cpSync('../shared/models/predict/broken/truncated-start/model.onnx', join(root, 'cut', 'model.onnx'));
    cpSync('../shared/models/predict/broken/unknown-op/model.onnx', join(root, 'odd', 'model.onnx'));
    writeFileSync(join(root, 'digits', 'config.json'), '{');
    server = await RunningServer.start({ MODEL_PATH: root, ENGINE_THREADS: '1', PREDICT_MAX_BATCH: '4' });
    await server.until(() => /Try it/.test(server.output) && /odd: cannot/.test(server.output), 'both engines spoke');
  });
  afterAll(async () => {
    await server.stop();
    rmSync(root, { recursive: true });
  });

  const read = async (path: string) => {
    const response = await server.request(path);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it('says in the log what is loaded, what is not, and what to call', () => {
    expect(server.output).toMatch(/cut cannot be served: model.onnx: it is cut off \(40 of at least \d+ bytes\)/);
    expect(server.output).toMatch(/odd: cannot be served: model.onnx: the operator \\"FancyNewOp\\" is not known/);
    expect(server.output).toMatch(/digits: config.json: it is not valid JSON/);
    expect(server.output).toMatch(
      /Loaded digits \(predict.*input float32\[N,3,32,32\] → logits float32\[N,10\], batching/,
    );
    expect(server.output).toMatch(/Try it:.*base64 < picture.jpg.*\/v1\/predict/);
  });

  it('is not ready, names why, and serves what is whole', async () => {
    const response = await fetch(`${server.managementUrl}/ready`);
    expect(response.status).toBe(503);
    const { details } = (await response.json()) as { details: Record<string, { status: string; reason?: string }> };
    expect(details['model:cut']).toMatchObject({
      status: 'down',
      reason: expect.stringMatching(/^model.onnx: it is cut/),
    });
    expect(details['model:odd']).toMatchObject({ status: 'down', reason: expect.stringContaining('FancyNewOp') });
    expect(details['model:digits']).toMatchObject({ status: 'up' });
  });

  it('lists and describes', async () => {
    const { body: list } = await read('/v1/models');
    expect(list.data).toEqual([expect.objectContaining({ id: 'digits', status: 'loaded' })]);
    for (const id of ['cut', 'odd']) {
      expect(await read(`/v1/models/${id}`)).toMatchObject({ status: 503, body: { error: { code: 'model_failed' } } });
    }
    const { body } = await read('/v1/model');
    expect(PredictiveModelCard.strict().parse(body)).toEqual(body);
    expect(body).toMatchObject({
      id: 'digits',
      type: 'predictive',
      input_shape: ['N', 3, 32, 32],
      outputs: [{ name: 'logits', shape: ['N', 10], type: 'tensor(float)' }],
      batch_size: 4,
      execution_provider: 'CPUExecutionProvider',
      status: 'loaded',
      producer: { name: 'pytorch', version: '2.9.1' },
      labels: expect.arrayContaining(['zero', 'nine']),
      warnings: [expect.objectContaining({ file: 'config.json' })],
    });
  });

  it('is the wrong door for chat', async () => {
    const messages = [{ role: 'user', content: 'hi' }];
    const answer = await server.chat({ model: 'digits', messages });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { code: 'unsupported_workload', param: 'model' } });
    expect((await server.chat({ messages })).status).toBe(404);
  });

  it('gets its engine back', async () => {
    const [pid] = server.enginePids;
    process.kill(pid, 'SIGKILL');
    await server.until(() => /digits: the engine is back/.test(server.output), 'the engine is back');
    expect(server.output).toMatch(/digits: the engine ended: it was ended by SIGKILL; another starts in 50 ms/);
    expect(await server.metric('ingot_engine_restarts_total')).toBe(1);
  });
});

import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptedPrediction, signatureOf } from '../../../test/support/scripted-prediction.js';
import { startScriptedV2App, type ScriptedV2App } from '../../../test/support/scripted-v2-app.js';
import { AppError } from '../../common/errors/app-error.js';

const model = new ScriptedPrediction({
  inputs: [signatureOf('x', 'float32', ['N', 2]), signatureOf('n', 'int64', [1], true)],
});
const older = new ScriptedPrediction({ id: 'scripted-prediction:7', outputs: [signatureOf('y', 'string', null)] });
const loading = new ScriptedPrediction({ id: 'late:1', state: 'loading' });
let app: ScriptedV2App;

beforeAll(async () => {
  app = await startScriptedV2App([model, older, loading], { PREDICT_MAX_BODY_BYTES: '4096' });
});

afterAll(() => app.close());

const get = async (path: string) => {
  const response = await fetch(`${app.baseUrl}${path}`);
  return { status: response.status, body: await response.json() };
};
/** Bytes: for a string, fetch would declare text/plain. */
const post = (body: Uint8Array | string, headers: Record<string, string> = {}, path = 'scripted-prediction') =>
  fetch(`${app.baseUrl}/v2/models/${path}/infer`, { method: 'POST', body: Buffer.from(body), headers });
const request = (more: object = {}) =>
  JSON.stringify({ inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] }], ...more });

describe('metadata and health', () => {
  it('tells the server and its extensions', async () => {
    expect(await get('/v2')).toEqual({
      status: 200,
      body: { name: 'ingot', version: '2', extensions: ['binary_tensor_data', 'classification'] },
    });
  });

  it('is ready when every model is', async () => {
    expect(await get('/v2/health/live')).toEqual({ status: 200, body: { live: true } });
    expect(await get('/v2/health/ready')).toEqual({ status: 503, body: { ready: false } });
    loading.state = 'ready';
    expect(await get('/v2/health/ready')).toEqual({ status: 200, body: { ready: true } });
    app.broken.push({});
    expect(await get('/v2/health/ready')).toEqual({ status: 503, body: { ready: false } });
    app.broken.pop();
    loading.state = 'loading';
  });

  it('tells one model from another by name and version', async () => {
    const { body } = await get('/v2/models/scripted-prediction');
    expect(body).toEqual({
      name: 'scripted-prediction',
      versions: ['1'],
      platform: 'onnxruntime_onnx',
      inputs: [
        { name: 'x', datatype: 'FP32', shape: [-1, 2] },
        { name: 'n', datatype: 'INT64', shape: [1] },
      ],
      outputs: [
        { name: 'x_out', datatype: 'FP32', shape: [-1, 2] },
        { name: 'n_out', datatype: 'INT64', shape: [1] },
      ],
    });
    expect((await get('/v2/models/scripted-prediction/versions/7')).body).toMatchObject({
      versions: ['7'],
      outputs: [{ datatype: 'BYTES', shape: [-1] }],
    });
    expect(await get('/v2/models/scripted-prediction/versions/8')).toEqual({
      status: 404,
      body: { error: 'The model "scripted-prediction" has no version "8" here; served: "1", "7".' },
    });
    expect((await get('/v2/models/nobody')).status).toBe(404);
    expect(await get('/v2/models/late/ready')).toEqual({ status: 503, body: { ready: false } });
    expect(await get('/v2/models/scripted-prediction/versions/7/ready')).toEqual({
      status: 200,
      body: { ready: true },
    });
    expect(await get('/v2/models/late')).toMatchObject({
      status: 503,
      body: { error: expect.stringContaining('loading') as string },
    });
  });
});

describe('infer', () => {
  it.each(['application/json', 'application/octet-stream', null])('answers JSON sent as %s', async (type) => {
    const body = request({ id: 'one' });
    const response = await post(body, type === null ? {} : { 'content-type': type });
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({
      model_name: 'scripted-prediction',
      model_version: '1',
      id: 'one',
      outputs: [{ name: 'x_out', datatype: 'FP32', shape: [1, 2], data: [1, 2] }],
    });
  });

  it('answers in binary, saying where the JSON ends', async () => {
    const response = await post(request({ parameters: { binary_data_output: true } }), {
      'content-type': 'application/json',
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const length = Number(response.headers.get('inference-header-content-length'));
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(JSON.parse(bytes.subarray(0, length).toString())).toMatchObject({
      outputs: [{ name: 'x_out', parameters: { binary_data_size: 8 } }],
    });
    expect(new Float32Array(new Uint8Array(bytes.subarray(length)).buffer)).toEqual(Float32Array.of(1, 2));
  });

  it('runs the version that is named', async () => {
    const response = await post(request(), {}, 'scripted-prediction/versions/7');
    expect(await response.json()).toMatchObject({ model_version: '7', outputs: [{ name: 'y' }] });
    expect((await post(request(), {}, 'scripted-prediction/versions/8')).status).toBe(404);
  });

  it('asks the model for the outputs that are wanted, and keeps their order', async () => {
    const both = {
      inputs: [
        ...(JSON.parse(request()) as { inputs: object[] }).inputs,
        { name: 'n', shape: [1], datatype: 'INT64', data: [3] },
      ],
    };
    const response = await post(JSON.stringify({ ...both, outputs: [{ name: 'n_out' }, { name: 'x_out' }] }));
    const { outputs } = (await response.json()) as { outputs: { name: string }[] };
    expect(outputs.map(({ name }) => name)).toEqual(['n_out', 'x_out']);
    expect(model.requests.at(-1)!.outputs).toEqual(['n_out', 'x_out']);
  });

  it('reads compressed bodies', async () => {
    const response = await post(gzipSync(request()), { 'content-encoding': 'gzip' });
    expect(response.status).toBe(200);
  });

  it.each<[name: string, status: number, words: string, body: string, headers?: Record<string, string>]>([
    ['a type of body that is no tensor', 415, 'got text/html', '<p>', { 'content-type': 'text/html' }],
    ['a body that is too large', 413, '4096 bytes', ' '.repeat(5000)],
    ['what is no JSON', 400, 'not valid JSON', '{]'],
    ['a length that is no number', 400, 'got "x"', '{}', { 'inference-header-content-length': 'x' }],
    ['an unknown input', 400, 'no such input', '{"inputs":[{"name":"q","shape":[1],"datatype":"FP32","data":[1]}]}'],
    ['a missing input', 400, 'inputs.x is required', '{"inputs":[]}'],
    [
      'a wrong datatype',
      400,
      'inputs.x: expected float32; got int64',
      '{"inputs":[{"name":"x","shape":[1,2],"datatype":"INT64","data":[1,2]}]}',
    ],
    [
      'a wrong axis',
      400,
      'expected 2 at axis 1',
      '{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[1,2,3]}]}',
    ],
    ['an unknown output', 400, 'outputs.0.name: there is no such output', request({ outputs: [{ name: 'q' }] })],
    ['an output asked for twice', 400, 'asked for twice', request({ outputs: [{ name: 'x_out' }, { name: 'x_out' }] })],
  ])('refuses %s with one text', async (_name, status, words, body, headers) => {
    const response = await post(body, headers);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: expect.stringContaining(words) as string });
  });

  it('words errors of the whole service as one text too', async () => {
    expect(await get('/v2/nowhere')).toEqual({ status: 404, body: { error: 'There is no /v2/nowhere here.' } });
    const { answer } = model;
    model.answer = () => {
      throw new TypeError('secret');
    };
    const response = await post(request());
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ error: expect.stringMatching(/^Something went wrong here/) as string });
    model.answer = answer;
  });

  it("tells the model's own refusals as one text too", async () => {
    const { answer } = model;
    model.answer = () => {
      throw new AppError('queue_full', 'Too many wait.', { retryAfterSeconds: 3 });
    };
    const response = await post(request());
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('3');
    expect(await response.json()).toEqual({ error: 'Too many wait.' });
    model.answer = answer;
  });

  it('gives up when the timeout of the request is over', async () => {
    const { answer } = model;
    model.answer = () => new Promise(() => undefined);
    const response = await post(request({ parameters: { timeout: 1000 } }));
    expect(response.status).toBe(408);
    model.answer = answer;
  });
});

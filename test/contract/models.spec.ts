import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelCard, ModelList } from '../../src/model/model-card.js';
import { PredictiveModelCard } from '../../src/model/predictive-model-card.js';
import { startScriptedApp, type ScriptedApp } from '../support/scripted-app.js';
import { scriptedPredictReport } from '../support/scripted-engine.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { ScriptedPrediction } from '../support/scripted-prediction.js';

describe('the models of a service', () => {
  let app: ScriptedApp;
  beforeAll(async () => {
    app = await startScriptedApp({
      models: [
        new ScriptedModel({ id: 'alpha:2' }),
        new ScriptedModel({ id: 'beta', state: 'loading' }),
        new ScriptedModel({ id: 'gamma:1', state: 'failed' }),
      ],
      predictions: [
        new ScriptedPrediction({
          id: 'digits:3',
          report: scriptedPredictReport,
          manifest: {
            labels: ['zero', 'one'],
            warnings: [
              {
                folder: '/models/digits',
                id: 'digits',
                file: 'config.json',
                field: null,
                problem: 'it is not valid JSON',
                fix: 'Correct it',
              },
            ],
          },
        }),
        new ScriptedPrediction({ id: 'slow', state: 'loading' }),
        new ScriptedPrediction({ id: 'odd', state: 'failed' }),
      ],
      diagnoses: [
        {
          folder: '/models/broken',
          id: 'broken',
          file: 'model.onnx',
          field: null,
          problem: 'the file is empty',
          fix: 'Copy it again.',
        },
      ],
    });
  });
  afterAll(() => app.close());

  async function read(path: string) {
    const response = await fetch(app.baseUrl + path);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  it('are listed as OpenAI lists them, without those that failed', async () => {
    const { body } = await read('/v1/models');
    expect(ModelList.strict().parse(body)).toEqual(body);
    expect(body).toEqual({
      object: 'list',
      data: [
        {
          id: 'alpha:2',
          object: 'model',
          created: 1_700_000_000,
          owned_by: 'ingot',
          name: 'alpha',
          status: 'loaded',
          max_model_len: 4096,
        },
        expect.objectContaining({ id: 'beta', status: 'loading' }),
        expect.objectContaining({ id: 'digits:3', status: 'loaded', max_model_len: null }),
        expect.objectContaining({ id: 'slow', status: 'loading' }),
      ],
    });
  });

  it('are found by id, escaped or not, and by name', async () => {
    for (const id of ['alpha:2', 'alpha%3A2', 'alpha']) {
      expect(await read(`/v1/models/${id}`)).toMatchObject({ status: 200, body: { id: 'alpha:2' } });
    }
  });

  it('that are not there are told with those that are', async () => {
    for (const path of ['/v1/models/nobody', '/v1/model?model=nobody', `/v1/models/${'x'.repeat(3000)}`]) {
      const { status, body } = await read(path);
      expect(status).toBe(404);
      expect(body).toMatchObject({ error: { code: 'model_not_found', param: 'model' } });
      expect((body.error as { message: string }).message).toContain('alpha:2');
    }
  });

  it('that cannot be served say why', async () => {
    const { status, body } = await read('/v1/models/broken');
    expect(status).toBe(503);
    expect(body).toEqual({
      error: {
        message: 'model.onnx: the file is empty. Copy it again.',
        type: 'server_error',
        param: 'model',
        code: 'model_failed',
      },
    });
  });

  it('that their engine refused say why', async () => {
    for (const id of ['gamma', 'odd']) {
      expect(await read(`/v1/models/${id}`)).toMatchObject({
        status: 503,
        body: { error: { code: 'model_failed', param: 'model', message: 'scripted: failed.' } },
      });
    }
  });

  it('that predict are described as callers of the predictive server know them, and further', async () => {
    const { body } = await read('/v1/model?model=digits');
    expect(PredictiveModelCard.strict().parse(body)).toEqual(body);
    expect(body).toMatchObject({
      id: 'digits:3',
      name: 'digits',
      type: 'predictive',
      input_shape: ['N', 3],
      outputs: [{ name: 'scores', shape: ['N', 10], type: 'tensor(float)' }],
      batch_size: 32,
      execution_provider: 'CPUExecutionProvider',
      status: 'loaded',
      version: '3',
      task: 'predict',
      inputs: [{ name: 'x', shape: ['N', 3], type: 'tensor(float)', dtype: 'float32', optional: false }],
      batching: { enabled: true, reason: 'scripted' },
      opset: 17,
      opsets: { 'ai.onnx': 17 },
      ir_version: 8,
      producer: { name: 'script', version: '1' },
      metadata: { author: 'somebody' },
      labels: ['zero', 'one'],
      digest: '1'.repeat(64),
      warnings: [{ file: 'config.json', field: null, problem: 'it is not valid JSON', fix: 'Correct it' }],
    });
    const loading = (await read('/v1/model?model=slow')).body;
    expect(PredictiveModelCard.strict().parse(loading)).toEqual(loading);
    expect(loading).toMatchObject({ status: 'loading', inputs: null, input_shape: null, batch_size: null });
  });

  it('are described one by one: the first, or the one asked for', async () => {
    const { body } = await read('/v1/model');
    expect(ModelCard.strict().parse(body)).toEqual(body);
    expect(body).toMatchObject({
      id: 'alpha:2',
      name: 'alpha',
      version: '2',
      type: 'generative',
      task: 'chat',
      status: 'loaded',
      execution_provider: 'CPUExecutionProvider',
      batch_size: 8,
      context_length: 4096,
      capacity: 4096,
      architecture: 'scripted',
      digest: '0'.repeat(64),
      defaults: { temperature: 0, top_p: 1, top_k: 50, repetition_penalty: 1 },
    });
    expect(await read('/v1/model?model=beta')).toMatchObject({
      status: 200,
      body: { id: 'beta', status: 'loading', execution_provider: null, batch_size: null },
    });
    expect(await read('/v1/model?model=a&model=b')).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_type', param: 'model' } },
    });
  });

  it('tell which request fields they honour, from the validator itself', async () => {
    const { body } = await read('/v1/model');
    const { endpoints, parameters } = body.capabilities as {
      endpoints: string[];
      parameters: Record<'honoured' | 'accepted_without_effect' | 'refused', string[]>;
    };
    expect(endpoints).toEqual(['/v1/chat/completions']);
    const messages = [{ role: 'user', content: 'hi' }];
    // A number no field takes: what is refused or checked says so, what is unknown is only listed.
    const probe = { strange: 1 };
    for (const name of [...parameters.honoured, ...parameters.refused].filter((path) => !path.includes('.'))) {
      const response = await fetch(`${app.baseUrl}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ messages, [name]: probe }),
      });
      const { error } = (await response.json()) as { error?: { param: string } };
      expect(error?.param.split('.')[0]).toBe(name);
    }
    for (const name of parameters.accepted_without_effect.filter((path) => !path.includes('.'))) {
      expect(parameters.honoured).not.toContain(name);
    }
    expect(parameters.honoured).toContain('stream_options.include_usage');
  });
});

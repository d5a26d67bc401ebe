import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/common/errors/app-error.js';
import type { NamedValue, TensorValue } from '../../src/inference/prediction-model.js';
import { startScriptedApp, type ScriptedApp } from '../support/scripted-app.js';
import { ScriptedPrediction, signatureOf, type ScriptedPredictionOptions } from '../support/scripted-prediction.js';

let app: ScriptedApp;

afterEach(() => app.close());

async function serve(
  options: ScriptedPredictionOptions = {},
  environment: Record<string, string> = {},
): Promise<ScriptedPrediction> {
  const model = new ScriptedPrediction(options);
  app = await startScriptedApp({ predictions: [model], environment });
  return model;
}

function post(body: unknown, { path = '/v1/predict', headers = {}, signal }: PostOptions = {}): Promise<Response> {
  return fetch(`${app.baseUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
}
interface PostOptions {
  path?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const jsonItem = (value: unknown) => ({
  content_type: 'application/json',
  encoder: 'base64',
  data: base64(JSON.stringify(value)),
});
const plainItem = (data: unknown) => ({ content_type: 'application/json', encoder: 'json', data });

interface Answer {
  metadata: { model_id: string; batch_size: number; inference_time_ms: number };
  items: { content_type: string; encoder: string; data: string }[];
}

async function decoded(response: Response): Promise<Record<string, unknown>[]> {
  const { items } = (await response.json()) as Answer;
  return items.map(({ data }) => JSON.parse(Buffer.from(data, 'base64').toString()) as Record<string, unknown>);
}

function tensor(values: number[], shape: number[]): TensorValue {
  return { kind: 'tensor', dtype: 'float32', shape, data: Float32Array.from(values) };
}
const given = (model: ScriptedPrediction, run = 0): NamedValue[] => model.requests[run].inputs;

describe('POST /v1/predict, one item', () => {
  it('answers byte for byte as upstream does', async () => {
    await serve({ answer: () => [{ name: 'scores', value: tensor([0.25, 0.75], [1, 2]) }] });
    const response = await post({ items: [jsonItem([[1, 2]])] });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const text = await response.text();
    const time = /"inference_time_ms":([\d.]+)/.exec(text)![1];
    const data = base64('{"scores_0":[[0.25,0.75]]}');
    expect(text).toBe(
      `{"metadata":{"model_id":"scripted-prediction:1","batch_size":1,"inference_time_ms":${time}},` +
        `"items":[{"content_type":"application/json","encoder":"base64","data":"${data}"}]}`,
    );
  });

  it('takes an array with its batch axis, and without it', async () => {
    const model = await serve();
    for (const value of [[[1, 2]], [1, 2]]) {
      const response = await post({ items: [jsonItem(value)] });
      expect(await decoded(response)).toEqual([{ x_out_0: [[1, 2]] }]);
    }
    expect(model.requests.map(({ inputs }) => (inputs[0].value as TensorValue).shape)).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it('gives no batch axis to a model that wants another number of rows', async () => {
    const models = [1, 4].map(
      (rows) => new ScriptedPrediction({ id: `of-${rows}`, inputs: [signatureOf('x', 'float32', [rows, 2])] }),
    );
    app = await startScriptedApp({ predictions: models });
    expect((await post({ model: 'of-1', items: [plainItem([1, 2])] })).status).toBe(200);
    const refused = await post({ model: 'of-4', items: [plainItem([1, 2])] });
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('got rank 1, shape [2]')]);
  });

  it('numbers outputs by their place in the model, whichever were asked for', async () => {
    const outputs = ['a', 'b', 'c'].map((name) => signatureOf(name, 'float32', ['N', 2]));
    const model = await serve({
      outputs,
      answer: () => outputs.map(({ name }) => ({ name, value: tensor([1, 2], [1, 2]) })),
    });
    const response = await post({ items: [jsonItem([[1, 2]])], parameters: { outputs: ['c', 'a'] } });
    expect(Object.keys((await decoded(response))[0]).sort()).toEqual(['a_0', 'c_2']);
    expect(model.requests[0].outputs).toEqual(['c', 'a']);
  });

  it('answers plain JSON where it was asked in plain JSON', async () => {
    await serve();
    const response = await post({ items: [plainItem([[1, 2]])] });
    expect(((await response.json()) as Answer).items).toEqual([
      { content_type: 'application/json', encoder: 'json', data: { x_out_0: [[1, 2]] } },
    ]);
  });

  it('takes several named inputs, as nested arrays or with a shape', async () => {
    const model = await serve({
      inputs: [signatureOf('a', 'int64', ['N']), signatureOf('b', 'bool', []), signatureOf('c', 'float32', [1], true)],
    });
    const response = await post({ items: [plainItem({ a: { shape: [2], data: [1, '9007199254740993'] }, b: true })] });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('"data":{"a_out_0":[1,9007199254740993],"b_out_1":true}');
    expect(given(model).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('takes 64-bit integers in digits, and writes them so, or as strings', async () => {
    await serve({ inputs: [signatureOf('x', 'uint64', ['N'])] });
    const body = '{"items":[{"content_type":"application/json","data":[18446744073709551615,9007199254740993]}]';
    expect(await (await post(`${body}}`)).text()).toContain('[18446744073709551615,9007199254740993]');
    expect(await (await post(`${body},"parameters":{"integers":"string"}}`)).text()).toContain(
      '["18446744073709551615","9007199254740993"]',
    );
  });

  it('never writes a NaN', async () => {
    await serve({ answer: () => [{ name: 'x_out', value: tensor([NaN, Infinity, -Infinity, -0], [4]) }] });
    const items = [plainItem([[1, 2]])];
    expect(await (await post({ items })).text()).toContain('[null,null,null,-0.0]');
    expect(await (await post({ items, parameters: { nan: 'string' } })).text()).toContain(
      '["NaN","Infinity","-Infinity",-0.0]',
    );
  });

  it('writes sequences and maps as plain JSON', async () => {
    await serve({
      answer: () => [
        {
          name: 'x_out',
          value: { kind: 'sequence', items: [{ kind: 'map', keys: [0n, 1n], values: [0.25, NaN] }] },
        },
      ],
    });
    expect(await decoded(await post({ items: [jsonItem([[1, 2]])] }))).toEqual([{ x_out_0: [{ 0: 0.25, 1: null }] }]);
  });

  it('adds the best classes on request, with their labels', async () => {
    await serve({
      manifest: { labels: ['cat', 'dog'] },
      answer: () => [{ name: 'x_out', value: tensor([0, 0], [1, 2]) }],
    });
    const response = await post({ items: [jsonItem([[1, 2]])], parameters: { top_k: 5, softmax: true } });
    expect(await decoded(response)).toEqual([
      {
        x_out_0: [[0, 0]],
        x_out_0_top_k: [
          [
            { label: 'cat', index: 0, score: 0.5 },
            { label: 'dog', index: 1, score: 0.5 },
          ],
        ],
      },
    ]);
  });
});

describe('rows and texts', () => {
  const columns = [signatureOf('island', 'string', [null, 1]), signatureOf('mass', 'float32', [null, 1])];

  it('takes records and CSV for one column per input', async () => {
    const model = await serve({ inputs: columns });
    const records = [
      { island: 'Dream', mass: 1.5 },
      { island: 'Biscoe', mass: null },
    ];
    const csv = 'mass,island\n1.5,Dream\n,"Biscoe"\n';
    for (const item of [plainItem(records), { content_type: 'text/csv', encoder: 'base64', data: base64(csv) }]) {
      const response = await post({ items: [item], parameters: { encoder: 'json' } });
      const [{ data }] = ((await response.json()) as { items: { data: unknown }[] }).items;
      expect(data).toMatchObject(
        item.content_type === 'text/csv' ? {} : { island_out_0: [['Dream'], ['Biscoe']], mass_out_1: [[1.5], [null]] },
      );
    }
    for (const { inputs } of model.requests) {
      const island = inputs.find(({ name }) => name === 'island')!.value as TensorValue;
      expect([island.shape, island.data]).toEqual([
        [2, 1],
        ['Dream', 'Biscoe'],
      ]);
    }
  });

  it('takes them for one input of features: in their order, in the model’s, or in the request’s', async () => {
    const inputs = [signatureOf('X', 'float32', ['N', 3])];
    const model = await serve({ inputs });
    const item = plainItem([{ a: 1, b: 2, c: 3 }]);
    await post({ items: [item] });
    await post({ items: [item], parameters: { columns: ['c', 'a', 'b'] } });
    expect(model.requests.map(({ inputs: [{ value }] }) => [...(value as { data: Float32Array }).data])).toEqual([
      [1, 2, 3],
      [3, 1, 2],
    ]);
    await app.close();
    const told = await serve({ inputs, custom: { feature_names: '["b", "c", "a"]' } });
    await post({ items: [item] });
    expect([...(given(told)[0].value as { data: Float32Array }).data]).toEqual([2, 3, 1]);
  });

  it('takes a text for an input of strings, wrapped or as the whole body', async () => {
    const model = await serve({ inputs: [signatureOf('text', 'string', [null, 1])] });
    await post({ items: [{ content_type: 'text/plain', encoder: 'base64', data: base64('déjà vu') }] });
    const upload = await post('déjà vu', { headers: { 'content-type': 'text/plain' } });
    expect(((await upload.json()) as Answer).items[0]).toMatchObject({
      encoder: 'json',
      data: { text_out_0: [['déjà vu']] },
    });
    for (const { inputs } of model.requests) {
      expect(inputs).toEqual([
        { name: 'text', value: { kind: 'tensor', dtype: 'string', shape: [1, 1], data: ['déjà vu'] } },
      ]);
    }
  });
});

describe('several items', () => {
  const bad = plainItem([[1, 2, 3]]);

  it('are answered in order, whichever ends first', async () => {
    let release = () => {};
    const first = new Promise<void>((resolve) => {
      release = resolve;
    });
    const model = await serve();
    model.answer = async (inputs) => {
      if (model.requests.length === 1) await first;
      else release();
      return [{ name: 'x_out', value: inputs[0].value }];
    };
    const answers = await decoded(await post({ items: [jsonItem([[1, 1]]), jsonItem([[2, 2]]), jsonItem([[3, 3]])] }));
    expect(answers).toEqual([{ x_out_0: [[1, 1]] }, { x_out_0: [[2, 2]] }, { x_out_0: [[3, 3]] }]);
  });

  it('fail alone', async () => {
    const model = await serve();
    const response = await post({ items: [plainItem([[1, 2]]), bad, { encoder: 'base64' }, 7] });
    expect(response.status).toBe(200);
    const { items, metadata } = (await response.json()) as {
      items: { error?: Record<string, unknown>; detail?: string }[];
      metadata: Answer['metadata'];
    };
    expect(items.map(({ error }) => [error?.code, error?.param])).toEqual([
      [undefined, undefined],
      ['invalid_value', 'items.1.inputs.x'],
      ['missing_required_parameter', 'items.2.content_type'],
      ['invalid_type', 'items.3'],
    ]);
    expect(items[1].detail).toBe(items[1].error!.message);
    expect(items[1].error!.message).toContain('expected 2 at axis 1, shape [N, 2]; got [1, 3]');
    expect([metadata.batch_size, model.requests.length]).toEqual([4, 1]);
  });

  it('fail together when none can be answered, each with its reason', async () => {
    await serve();
    const response = await post({ items: [bad, plainItem('x')] });
    expect(response.status).toBe(400);
    const body = (await response.json()) as { error: { code: string }; detail: string; items: { detail: string }[] };
    expect(body.error.code).toBe('invalid_value');
    expect(body.items.map(({ detail }) => detail)).toEqual([body.detail, expect.stringContaining('items.1.inputs.x')]);
  });

  it('are bounded in number', async () => {
    await serve({}, { PREDICT_MAX_ITEMS: '2' });
    const response = await post({ items: [bad, bad, bad] });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { param: 'items' },
      detail: expect.stringContaining('at most 2'),
    });
  });
});

describe('which model', () => {
  it('is the first, or the one that body or URL name', async () => {
    const models = [new ScriptedPrediction({ id: 'a:1' }), new ScriptedPrediction({ id: 'b:2' })];
    app = await startScriptedApp({ predictions: models });
    const items = [plainItem([[1, 2]])];
    const idOf = async (response: Promise<Response>) => ((await (await response).json()) as Answer).metadata?.model_id;
    expect(await idOf(post({ items }))).toBe('a:1');
    expect(await idOf(post({ model: 'b', items }))).toBe('b:2');
    expect(await idOf(post({ items }, { path: '/v1/predict?model=b:2' }))).toBe('b:2');
    const unknown = await post({ model: 'c', items });
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { error: { code: 'model_not_found' } }]);
    const both = await post({ model: 'a', items }, { path: '/v1/predict?model=b' });
    expect([both.status, await both.json()]).toMatchObject([400, { error: { param: 'model' } }]);
  });

  it('must be loaded', async () => {
    await serve({ state: 'loading' });
    const response = await post({ items: [plainItem([[1, 2]])] });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await response.json()).toMatchObject({ error: { code: 'model_loading' }, detail: expect.any(String) });
  });
});

describe('errors', () => {
  it('say a full queue as upstream does', async () => {
    await serve({
      answer: () => {
        throw new AppError('queue_full', 'The queue is full.', { retryAfterSeconds: 7 });
      },
    });
    const response = await post({ items: [plainItem([[1, 2]])] });
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7']);
    expect(await response.json()).toEqual({
      error: 'Queue full: The queue is full.',
      detail: 'Queue full: The queue is full.',
      queue_depth: 100,
      retry_after: 7,
    });
  });

  it('name what the engine found, and never tell what broke here', async () => {
    const model = await serve({
      answer: () => {
        throw new AppError('request_crashed_engine', 'This request ended the engine twice.');
      },
    });
    const items = [plainItem([[1, 2]])];
    const crashed = await post({ items });
    expect([crashed.status, await crashed.json()]).toMatchObject([
      500,
      { detail: 'This request ended the engine twice.' },
    ]);
    model.answer = () => {
      throw new Error('secret');
    };
    const broken = await post({ items });
    expect(broken.status).toBe(500);
    expect(await broken.text()).not.toContain('secret');
  });

  it('refuse other media types and too large bodies by name, with detail', async () => {
    await serve({}, { PREDICT_MAX_BODY_BYTES: '1024' });
    const xml = await post('<x/>', { headers: { 'content-type': 'application/xml' } });
    expect([xml.status, await xml.json()]).toMatchObject([
      415,
      { error: { code: 'unsupported_media_type' }, detail: expect.stringContaining('application/xml') },
    ]);
    const large = await post({ items: [plainItem('x'.repeat(2000))] });
    expect([large.status, await large.json()]).toMatchObject([
      413,
      { error: { code: 'request_too_large' }, detail: expect.stringContaining('1024 bytes') },
    ]);
    const latin = await post('{}', { headers: { 'content-type': 'application/json; charset=latin1' } });
    expect(latin.status).toBe(415);
  });

  it('keep this room’s larger limit to this room', async () => {
    await serve({ inputs: [signatureOf('x', 'string', ['N'])] }, { MAX_BODY_BYTES: '1024' });
    expect((await post({ items: [plainItem(['x'.repeat(100_000)])] })).status).toBe(200);
    expect((await post({ messages: 'x'.repeat(100_000) }, { path: '/v1/chat/completions' })).status).toBe(413);
  });

  it('say which fields had no effect', async () => {
    await serve();
    const response = await post({ items: [{ ...plainItem([[1, 2]]), name: 'x' }], paramaters: {} });
    expect(response.headers.get('x-ignored-parameters')).toBe('paramaters, items.*.name');
  });
});

describe('a caller who leaves', () => {
  it('frees what waits', async () => {
    const model = await serve({ answer: () => new Promise(() => {}) });
    const controller = new AbortController();
    const request = post({ items: [plainItem([[1, 2]]), plainItem([[3, 4]])] }, { signal: controller.signal });
    await expect.poll(() => model.requests.length).toBe(2);
    controller.abort();
    await expect(request).rejects.toThrow(/abort/);
    await expect.poll(() => model.cancelled).toBe(2);
  });

  it('is not needed for a deadline to end it', async () => {
    await serve({ answer: () => new Promise(() => {}) }, { REQUEST_TIMEOUT_MS: '100' });
    const response = await post({ items: [plainItem([[1, 2]])] });
    expect([response.status, await response.json()]).toMatchObject([408, { detail: expect.any(String) }]);
  });
});

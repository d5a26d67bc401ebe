import { Validator } from '@seriousme/openapi-schema-validator';
import { afterEach, describe, expect, it } from 'vitest';
import { startScriptedApp, type ScriptedApp } from '../support/scripted-app.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { ScriptedPrediction, signatureOf } from '../support/scripted-prediction.js';

interface Document {
  openapi: string;
  servers: { url: string }[];
  security: unknown[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Record<string, unknown>>; securitySchemes: Record<string, unknown> };
}
interface Operation {
  requestBody?: { content: Record<string, { schema: unknown; examples: Record<string, { value: object }> }> };
  responses: Record<string, { content: Record<string, { schema: unknown }> }>;
}

let app: ScriptedApp;

afterEach(() => app.close());

async function document(): Promise<Document> {
  return (await (await fetch(`${app.baseUrl}/openapi.json`)).json()) as Document;
}

const chatOf = (openapi: Document) => openapi.paths['/v1/chat/completions'].post;
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    app = await startScriptedApp();
    const openapi = await document();
    const validator = new Validator();
    const result = await validator.validate(structuredClone(openapi) as object as Record<string, unknown>);
    expect(result).toMatchObject({ valid: true });
    expect(validator.version).toBe('3.1');
    expect(JSON.stringify(openapi)).not.toMatch(/\$defs|"nullable"/);
    for (const [name] of JSON.stringify(openapi).matchAll(/#\/components\/schemas\/(\w+)/g)) {
      expect(openapi.components.schemas).toHaveProperty(name.split('/').at(-1)!);
    }
  });

  it('shows each route with its body, its answers and its errors', async () => {
    app = await startScriptedApp();
    const openapi = await document();
    expect(Object.keys(openapi.paths).sort()).toEqual([
      '/v1/chat/completions',
      '/v1/model',
      '/v1/models',
      '/v1/models/{id}',
      '/v1/predict',
    ]);
    const chat = chatOf(openapi);
    expect(chat.requestBody!.content['application/json'].schema).toEqual(ref('ChatCompletionRequest'));
    expect(chat.responses['200'].content).toEqual({
      'application/json': { schema: ref('ChatCompletion') },
      'text/event-stream': { schema: ref('ChatCompletionChunk') },
    });
    expect(Object.keys(chat.responses)).toEqual(
      expect.arrayContaining(['400', '401', '403', '404', '408', '413', '415', '429', '500', '503']),
    );
    expect(chat.responses['429'].content['application/json'].schema).toEqual(ref('ErrorResponse'));
    expect(chat).not.toHaveProperty('x-event-stream');
  });

  it('is as strict as the validator, and no stricter', async () => {
    app = await startScriptedApp();
    const { ChatCompletionRequest: request } = (await document()).components.schemas;
    expect(request).not.toHaveProperty('additionalProperties');
    expect(request.required).toEqual(['messages']);
    expect(request.properties).toMatchObject({
      temperature: { anyOf: [{ type: 'number', minimum: 0, maximum: 2 }, { type: 'null' }], 'x-support': 'honoured' },
      n: { anyOf: [{ type: 'integer', enum: [1] }, { type: 'null' }], 'x-support': 'refused' },
      tools: { anyOf: [{ not: {} }, { type: 'null' }], 'x-support': 'refused' },
      user: { 'x-support': 'no_op' },
      seed: { anyOf: [{ type: 'integer', format: 'int64' }, { type: 'null' }] },
    });
  });

  it('knows all ways to show a credential', async () => {
    app = await startScriptedApp();
    const { components, security } = await document();
    expect(components.securitySchemes).toMatchObject({
      bearer: { type: 'http', scheme: 'bearer' },
      'api-key': { type: 'apiKey', in: 'header', name: 'api-key' },
      'x-api-key': { type: 'apiKey', in: 'header', name: 'X-API-KEY' },
    });
    expect(security).toEqual([{ bearer: [] }, { 'api-key': [] }, { 'x-api-key': [] }]);
  });

  it('has examples for the model that can answer now, and they work', async () => {
    const models = [
      new ScriptedModel({ id: 'alpha:1', state: 'loading' }),
      new ScriptedModel({ id: 'beta:1', state: 'loading' }),
    ];
    app = await startScriptedApp({ models });
    const modelOf = async () => {
      const { examples } = chatOf(await document()).requestBody!.content['application/json'];
      return Object.values(examples).map(({ value }) => (value as { model: string }).model);
    };
    expect(await modelOf()).toEqual(['alpha:1', 'alpha:1']);
    models[1].state = 'ready';
    expect(await modelOf()).toEqual(['beta:1', 'beta:1']);
    for (const { value } of Object.values(chatOf(await document()).requestBody!.content['application/json'].examples)) {
      const response = await fetch(`${app.baseUrl}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(value),
      });
      expect([response.status, response.headers.get('x-ignored-parameters')]).toEqual([200, null]);
      expect(await response.text()).toContain('Paris');
    }
  });
});

describe('predictions in the OpenAPI document', () => {
  const models = [
    new ScriptedPrediction({
      id: 'table',
      inputs: [signatureOf('a', 'float32', [null, 1]), signatureOf('b', 'string', [null, 1])],
    }),
    new ScriptedPrediction({ id: 'picture', inputs: [signatureOf('x', 'float32', ['N', 3, 8, 8])] }),
    new ScriptedPrediction({ id: 'text', inputs: [signatureOf('t', 'string', [null, 1])] }),
  ];

  it('are shown with their body, the files they take, and their errors', async () => {
    app = await startScriptedApp({ predictions: models });
    const predict = (await document()).paths['/v1/predict'].post;
    const { content } = predict.requestBody!;
    expect(content['application/json'].schema).toEqual(ref('PredictRequest'));
    expect(content['image/png'].schema).toEqual({ type: 'string', format: 'binary' });
    expect(content['text/csv'].schema).toEqual({ type: 'string' });
    expect(predict.responses['200'].content['application/json'].schema).toEqual(ref('PredictResponse'));
    expect(predict.responses['400'].content['application/json'].schema).toEqual(ref('PredictErrorResponse'));
    expect(JSON.stringify(predict.responses['429'])).toContain('QueueFullResponse');
    expect(predict).not.toHaveProperty('x-upload-body');
  });

  it('have examples for the loaded models, and they work', async () => {
    app = await startScriptedApp({ predictions: models });
    const { examples } = (await document()).paths['/v1/predict'].post.requestBody!.content['application/json'];
    expect(Object.keys(examples)).toEqual(['table', 'table in base64', 'picture', 'text']);
    for (const { value } of Object.values(examples)) {
      const response = await fetch(`${app.baseUrl}/v1/predict`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(value),
      });
      expect([response.status, response.headers.get('x-ignored-parameters'), await response.text()]).toEqual([
        200,
        null,
        expect.stringContaining('"batch_size":1'),
      ]);
    }
  });
});

describe('Swagger UI', () => {
  it('is served by this service alone, and works behind a stripped prefix', async () => {
    app = await startScriptedApp();
    const page = await (await fetch(`${app.baseUrl}/docs`)).text();
    const links = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link);
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) {
      expect(link).toMatch(/^\.\/docs\//);
      expect((await fetch(new URL(link, `${app.baseUrl}/docs`))).status).toBe(200);
    }
    expect((await document()).servers).toEqual([{ url: './', description: 'This service' }]);
    const slash = await fetch(`${app.baseUrl}/docs/`, { redirect: 'manual' });
    expect([slash.status, slash.headers.get('location')]).toEqual([308, '../docs']);
  });

  it('shows the same document, and keeps the key that a person entered', async () => {
    app = await startScriptedApp();
    const script = await (await fetch(`${app.baseUrl}/docs/swagger-ui-init.js`)).text();
    expect(script).toContain('"persistAuthorization": true');
    expect(script).toContain('"model": "scripted-model:1"');
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/common/errors/app-error.js';
import { ChatCompletion } from '../../src/chat/response/response-schemas.js';
import { startScriptedApp, type ScriptedApp, type ScriptedAppOptions } from '../support/scripted-app.js';
import { ScriptedModel, type Script } from '../support/scripted-model.js';

let app: ScriptedApp;

afterEach(() => app.close());

async function start(script?: Script, options: ScriptedAppOptions = {}): Promise<void> {
  app = await startScriptedApp({ models: [new ScriptedModel(script ? { script } : {})], ...options });
}

function chat(fields: Record<string, unknown> = {}, signal?: AbortSignal): Promise<Response> {
  return fetch(`${app.baseUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'hi' }], ...fields }),
    ...(signal ? { signal } : {}),
  });
}

const promptOf = (index: number) => new TextDecoder().decode(Uint8Array.from(app.model.requests[index].promptIds));

describe('an answer', () => {
  it('has every field of the protocol', async () => {
    await start(() => ['The capital', ' is Paris.', { end: { finishReason: 'length', matchedStop: 7 } }]);
    const response = await chat({ model: 'scripted-model' });
    expect(response.headers.get('server-timing')).toBe('queue;dur=1.0, prefill;dur=2.0, decode;dur=4.0');
    const body = await response.json();
    expect(ChatCompletion.strict().parse(body)).toEqual(body);
    expect(body).toEqual({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f]{32}$/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'scripted-model:1',
      system_fingerprint: 'fp_0123456789ab',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'The capital is Paris.', refusal: null },
          logprobs: null,
          finish_reason: 'length',
          stop_reason: 7,
        },
      ],
      usage: {
        prompt_tokens: 19,
        completion_tokens: 2,
        total_tokens: 21,
        prompt_tokens_details: { cached_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
      timings: { queue_ms: 1, prefill_ms: 2, decode_ms: 4, tokens_per_second: 250 },
    });
  });

  it('writes every role into the prompt', async () => {
    await start();
    const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } };
    const messages = [
      { role: 'developer', content: 'be brief' },
      { role: 'system', content: [{ type: 'text', text: 'be kind' }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
        name: 'Ann',
      },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', content: '4', tool_call_id: 'c1' },
      { role: 'function', content: '5', name: 'f' },
      { role: 'assistant', content: 'four', refusal: null, function_call: null, tool_calls: null },
      { role: 'user', content: '' },
    ];
    expect((await chat({ messages })).status).toBe(200);
    expect(promptOf(0)).toBe(
      '<system>be brief<system>be kind<user>a\nb<assistant><tool>4<tool>5<assistant>four<user><assistant>',
    );
  });

  it('echoes metadata', async () => {
    await start();
    expect(await (await chat({ metadata: { ticket: '7' } })).json()).toMatchObject({ metadata: { ticket: '7' } });
    expect(await (await chat()).json()).not.toHaveProperty('metadata');
  });

  it('names what it did not use', async () => {
    await start();
    expect((await chat()).headers.get('x-ignored-parameters')).toBeNull();
    const fields = { user: 'me', frobnicate: 1, 'a\r\nb': 2, logprobs: false, n: 1, tools: null, tool_choice: 'none' };
    expect((await chat(fields)).headers.get('x-ignored-parameters')).toBe('frobnicate, a__b, user');
    const streamed = await chat({ frobnicate: 1, stream: true, metadata: { a: 'b' } });
    expect(streamed.headers.get('x-ignored-parameters')).toBe('frobnicate, metadata');
    await streamed.text();
  });

  it('comes with every field off, as clients send them', async () => {
    await start();
    const fields = {
      n: 1,
      logprobs: false,
      top_logprobs: 0,
      tool_choice: 'none',
      function_call: 'none',
      response_format: { type: 'text' },
      modalities: ['text'],
      store: false,
      service_tier: 'auto',
      reasoning_effort: 'none',
      stream: false,
      stream_options: null,
      stop: [],
      logit_bias: {},
    };
    const response = await chat(fields);
    expect([response.status, response.headers.get('x-ignored-parameters')]).toEqual([200, null]);
  });

  it('never shares cached rows between callers, nor between salts', async () => {
    await start();
    await (await chat()).text();
    await (await chat({ cache_salt: 's' })).text();
    await (await chat({ prompt_cache_key: 's' })).text();
    app.caller.principal = { method: 'api_key', id: 'key:secondary:11111111' };
    await (await chat()).text();
    await (await chat()).text();
    const scopes = app.model.requests.map((request) => request.cacheScope);
    expect(new Set(scopes).size).toBe(4);
    expect(scopes[3]).toBe(scopes[4]);
  });

  it('comes from the model that is named, by id or name, else from the first', async () => {
    const models = [new ScriptedModel({ id: 'alpha:2' }), new ScriptedModel({ id: 'beta:1', script: () => ['beta'] })];
    await start(undefined, { models });
    for (const [model, served] of [
      ['beta', 'beta:1'],
      ['beta:1', 'beta:1'],
      ['alpha', 'alpha:2'],
      [undefined, 'alpha:2'],
      [null, 'alpha:2'],
    ]) {
      expect(await (await chat({ model })).json()).toMatchObject({ model: served });
    }
    const unknown = await chat({ model: 'gamma' });
    expect(unknown.status).toBe(404);
    expect(((await unknown.json()) as { error: { message: string } }).error.message).toContain('"alpha:2", "beta:1"');
  });
});

describe('an answer that cannot come', () => {
  it.each([
    ['queue_full', 429, 'rate_limit_error'],
    ['context_length_exceeded', 400, 'invalid_request_error'],
    ['deadline_exceeded', 408, 'timeout_error'],
    ['model_loading', 503, 'server_error'],
    ['engine_restarted', 500, 'server_error'],
  ] as const)('says %s with status %i', async (code, status, type) => {
    await start(() => ['half', { fail: new AppError(code, 'Because.', { param: 'messages', retryAfterSeconds: 2 }) }]);
    const response = await chat();
    expect(response.status).toBe(status);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await response.json()).toEqual({ error: { message: 'Because.', type, param: 'messages', code } });
  });

  it('tells nothing of an unforeseen failure', async () => {
    await start(() => [{ fail: new Error('secret detail') }]);
    const response = await chat();
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
  });

  it('stops its generation when the client leaves', async () => {
    await start(() => ['half', { wait: new Promise(() => undefined) }]);
    const leaving = new AbortController();
    const answer = chat({}, leaving.signal);
    await expect.poll(() => app.model.running).toBe(1);
    leaving.abort();
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
    await expect.poll(() => app.model.cancelled).toBe(1);
  });

  it('stops its generation at the deadline', async () => {
    await start(() => [{ wait: new Promise(() => undefined) }], { environment: { REQUEST_TIMEOUT_MS: '100' } });
    const response = await chat();
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([408, 'false']);
    expect(app.model.running).toBe(0);
  });
});

import OpenAI, {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError, type ErrorCode } from '../../src/common/errors/app-error.js';
import { startScriptedApp, type ScriptedApp } from '../support/scripted-app.js';

const messages = [{ role: 'user' as const, content: 'What is the capital of France?' }];
const model = 'scripted-model:1';

describe('the official OpenAI client, unmodified', () => {
  let app: ScriptedApp;
  let client: OpenAI;
  const answer = () => ['The capital', ' of France', ' is Paris.'];
  beforeAll(async () => {
    app = await startScriptedApp();
    client = new OpenAI({ apiKey: 'test', baseURL: `${app.baseUrl}/v1`, maxRetries: 0 });
  });
  afterAll(() => app.close());

  it('chats', async () => {
    const completion = await client.chat.completions.create({ model, messages, temperature: 0.7, max_tokens: 100 });
    expect(completion.choices[0].message).toEqual({
      role: 'assistant',
      content: 'The capital of France is Paris.',
      refusal: null,
    });
    expect(completion._request_id).toMatch(/^[\w-]{36}$/);
    expect(app.model.requests.at(-1)).toMatchObject({ maxTokens: 100, sampling: { temperature: 0.7 } });
  });

  it('streams with usage', async () => {
    const stream = await client.chat.completions.create({
      model,
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    const usages = [];
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      usages.push(chunk.usage);
    }
    expect(text).toBe('The capital of France is Paris.');
    expect(usages.slice(0, -1).every((usage) => usage === null)).toBe(true);
    expect(usages.at(-1)).toMatchObject({ completion_tokens: 3 });
  });

  it('puts a stream together by itself', async () => {
    const runner = client.chat.completions.stream({ model, messages, stream_options: { include_usage: true } });
    const completion = await runner.finalChatCompletion();
    expect(completion.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { role: 'assistant', content: 'The capital of France is Paris.' },
    });
    expect(await runner.totalUsage()).toMatchObject({ completion_tokens: 3 });
  });

  it('stops a generation by leaving its stream', async () => {
    app.model.script = () => ['a', { wait: new Promise(() => undefined) }];
    const before = app.model.cancelled;
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content === 'a') break;
    await expect.poll(() => app.model.cancelled).toBe(before + 1);
    app.model.script = answer;
  });

  it('lists and retrieves models', async () => {
    const list = await client.models.list();
    expect(list.data.map((entry) => entry.id)).toEqual([model]);
    expect(await client.models.retrieve(model)).toMatchObject({ id: model, object: 'model', owned_by: 'ingot' });
    await expect(client.models.retrieve('nobody')).rejects.toBeInstanceOf(NotFoundError);
  });

  it.each<[code: ErrorCode, type: new (...args: never[]) => APIError]>([
    ['invalid_value', BadRequestError],
    ['invalid_api_key', AuthenticationError],
    ['insufficient_permissions', PermissionDeniedError],
    ['model_not_found', NotFoundError],
    ['queue_full', RateLimitError],
    ['internal_error', InternalServerError],
    ['model_loading', InternalServerError],
  ])('raises %s as its own class, with all four fields', async (code, type) => {
    app.model.script = () => [{ fail: new AppError(code, 'Because.', { param: 'model' }) }];
    for (const stream of [false, true]) {
      const failure = client.chat.completions.create({ model, messages, stream });
      await expect(failure).rejects.toBeInstanceOf(type);
      await expect(failure).rejects.toMatchObject({ code, param: 'model', type: expect.any(String) });
    }
    app.model.script = answer;
  });

  it('raises what fails in the middle of a stream', async () => {
    app.model.script = () => ['half', { fail: new AppError('engine_restarted', 'The engine was restarted.') }];
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    let text = '';
    const reading = (async () => {
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    })();
    await expect(reading).rejects.toMatchObject({ code: 'engine_restarted', type: 'server_error' });
    expect(text).toBe('half');
    app.model.script = answer;
  });

  it('names the field at fault', async () => {
    const tools = [{ type: 'function' as const, function: { name: 'f', parameters: {} } }];
    const failure = client.chat.completions.create({ model, messages, tools });
    await expect(failure).rejects.toMatchObject({ status: 400, code: 'unsupported_parameter', param: 'tools' });
  });

  it('repeats what asks to be repeated, and not a deadline', async () => {
    const patient = client.withOptions({ maxRetries: 1 });
    let calls = 0;
    app.model.script = () => {
      calls += 1;
      return calls === 1 ? [{ fail: new AppError('queue_full', 'Full.', { retryAfterSeconds: 0 }) }] : answer();
    };
    expect((await patient.chat.completions.create({ model, messages })).choices).toHaveLength(1);
    expect(calls).toBe(2);
    calls = 0;
    app.model.script = () => {
      calls += 1;
      const headers = { 'x-should-retry': 'false' };
      return [{ fail: new AppError('deadline_exceeded', 'Late.', { headers }) }];
    };
    await expect(patient.chat.completions.create({ model, messages })).rejects.toMatchObject({ status: 408 });
    expect(calls).toBe(1);
    app.model.script = answer;
  });
});

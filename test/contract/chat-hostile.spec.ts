import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startScriptedApp, type ScriptedApp } from '../support/scripted-app.js';
import { hostileBodies } from './hostile-bodies.js';

interface ErrorBody {
  error: { message: string; type: string; param: string | null; code: string };
}

describe('bodies that must be refused', () => {
  let app: ScriptedApp;
  beforeAll(async () => {
    app = await startScriptedApp();
  });
  afterAll(() => app.close());

  async function send(body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) {
    const response = await fetch(`${app.baseUrl}/v1/chat/completions`, { method: 'POST', headers, body });
    return { status: response.status, headers: response.headers, body: (await response.json()) as ErrorBody };
  }

  it('are many', () => {
    expect(hostileBodies.length).toBeGreaterThanOrEqual(200);
  });

  it.each(hostileBodies)('$name → $code at $param', async ({ body, code, param }) => {
    const answer = await send(body);
    expect(answer.status).toBe(code === 'model_not_found' ? 404 : 400);
    expect(answer.body).toEqual({
      error: { message: expect.any(String), type: 'invalid_request_error', param, code },
    });
    expect(answer.body.error.message.length).toBeLessThan(4096);
    expect(answer.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
  });

  it('never reach the model, and leave prototypes alone', () => {
    expect(app.model.requests).toEqual([]);
    expect(({} as Record<string, unknown>).messages).toBeUndefined();
  });

  it('tell every fault at once', async () => {
    const { body } = await send(
      JSON.stringify({ messages: [{ role: 'user' }], temperature: 9, tools: [1], stop: 5, stream_options: {} }),
    );
    expect(body.error).toMatchObject({ code: 'missing_required_parameter', param: 'messages.0.content' });
    for (const part of ['messages.0.content is required', 'temperature:', 'tools:', 'stop:', 'stream_options:']) {
      expect(body.error.message).toContain(part);
    }
  });

  it('include those that are not said to be JSON', async () => {
    const answer = await send('{"messages":[]}', { 'content-type': 'text/plain' });
    expect([answer.status, answer.body.error.code]).toEqual([415, 'unsupported_media_type']);
  });
});

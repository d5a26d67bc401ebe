import { request as httpRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/common/errors/app-error.js';
import { startScriptedApp, type ScriptedApp, type ScriptedAppOptions } from '../support/scripted-app.js';
import { ScriptedModel, type Script } from '../support/scripted-model.js';
import { readStream } from '../support/sse-client.js';

let app: ScriptedApp;

afterEach(() => app.close());

async function start(script: Script, options: ScriptedAppOptions = {}): Promise<ScriptedApp> {
  app = await startScriptedApp({ models: [new ScriptedModel({ script })], ...options });
  return app;
}

function stream(fields: Record<string, unknown> = {}, signal?: AbortSignal): Promise<Response> {
  return fetch(`${app.baseUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': 'test-1' },
    body: JSON.stringify({
      model: 'scripted-model',
      messages: [{ role: 'user', content: 'hi' }],
      stream: true,
      ...fields,
    }),
    ...(signal ? { signal } : {}),
  });
}

/** The transcript with what changes from run to run replaced. */
async function transcript(response: Response): Promise<string> {
  const text = await response.text();
  const id = /"id":"(chatcmpl-[0-9a-f]{32})"/.exec(text)?.[1] ?? 'none';
  const created = /"created":(\d{10}),/.exec(text)?.[1] ?? 'none';
  return text.replaceAll(id, 'ID').replaceAll(`"created":${created}`, '"created":0');
}

/** A promise and its switch. */
function gate() {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

const HEAD =
  '"id":"ID","object":"chat.completion.chunk","created":0,"model":"scripted-model:1","system_fingerprint":"fp_0123456789ab"';
const chunk = (rest: string) => `data: {${HEAD},${rest}}\n\n`;
const delta = (delta: string, rest = '') =>
  chunk(`"choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":null}]${rest}`);
const TIMINGS = '"timings":{"queue_ms":1,"prefill_ms":2,"decode_ms":4,"tokens_per_second":500}';
const finish = (rest = '') =>
  chunk(
    `"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop","stop_reason":null}],${TIMINGS}${rest}`,
  );

describe('a stream', () => {
  it('is role, text, finish, [DONE]', async () => {
    await start(() => ['Paris', ' is\n', '"it" 🙂']);
    const response = await stream();
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'x-request-id': 'test-1',
    });
    expect(await transcript(response)).toBe(
      delta('{"role":"assistant","content":""}') +
        delta('{"content":"Paris"}') +
        delta('{"content":" is\\n"}') +
        delta('{"content":"\\"it\\" 🙂"}') +
        finish() +
        'data: [DONE]\n\n',
    );
  });

  it('with include_usage says usage: null until the usage chunk', async () => {
    await start(() => ['a', 'b', 'c', { end: { finishReason: 'length' } }]);
    const none = ',"usage":null';
    const usage =
      '{"prompt_tokens":19,"completion_tokens":3,"total_tokens":22,' +
      '"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}';
    expect(await transcript(await stream({ stream_options: { include_usage: true } }))).toBe(
      delta('{"role":"assistant","content":""}', none) +
        delta('{"content":"a"}', none) +
        delta('{"content":"b"}', none) +
        delta('{"content":"c"}', none) +
        finish(none).replace('"stop"', '"length"') +
        chunk(`"choices":[],"usage":${usage}`) +
        'data: [DONE]\n\n',
    );
  });

  it('without text is still role and finish', async () => {
    await start(() => [{ end: { matchedStop: 'END' } }]);
    expect(await transcript(await stream())).toBe(
      delta('{"role":"assistant","content":""}') +
        finish().replace('"stop_reason":null', '"stop_reason":"END"').replace('500', 'null') +
        'data: [DONE]\n\n',
    );
  });

  it('that fails on the way ends with one error event and [DONE]', async () => {
    await start(() => ['half', { fail: new AppError('engine_restarted', 'The engine was restarted.') }]);
    expect(await transcript(await stream())).toBe(
      delta('{"role":"assistant","content":""}') +
        delta('{"content":"half"}') +
        'data: {"error":{"message":"The engine was restarted.","type":"server_error","param":null,"code":"engine_restarted"}}\n\n' +
        'data: [DONE]\n\n',
    );
  });

  it('tells nothing of an unforeseen failure but that there was one', async () => {
    await start(() => ['half', { fail: new Error('secret detail') }]);
    const text = await transcript(await stream());
    expect(text).toContain('"code":"internal_error"');
    expect(text).toContain('test-1');
    expect(text).not.toContain('secret');
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it.each([
    ['queue_full', 429],
    ['context_length_exceeded', 400],
    ['model_loading', 503],
    ['shutting_down', 503],
  ] as const)('that is refused with %s before it starts keeps its status %i', async (code, status) => {
    await start(() => [{ fail: new AppError(code, 'no', { retryAfterSeconds: 3 }) }]);
    const response = await stream();
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(response.headers.get('retry-after')).toBe('3');
    expect(await response.json()).toMatchObject({ error: { code } });
  });
});

describe('a stream that waits', () => {
  it('gets comments: in the queue, and between two pieces of text', async () => {
    const queue = gate();
    const pause = gate();
    await start(() => [{ wait: queue.opened }, 'a', { wait: pause.opened }, 'b'], {
      environment: { STREAM_HEARTBEAT_MS: '100' },
    });
    // Headers before the first event: the heartbeat committed to 200.
    const response = await stream();
    setTimeout(queue.open, 150);
    let commentsBefore = 0;
    const read = await readStream(response, ({ choices }) => {
      if (choices?.[0]?.delta.content === 'a') setTimeout(pause.open, 350);
      if (choices?.[0]?.delta.role) commentsBefore += 1;
    });
    expect(commentsBefore).toBe(1);
    expect(read.comments).toBeGreaterThanOrEqual(3);
    expect(read.done).toBe(true);
  });

  it('tells a refusal as an event once a comment has gone out', async () => {
    const queue = gate();
    await start(() => [{ wait: queue.opened }, { fail: new AppError('shutting_down', 'bye') }], {
      environment: { STREAM_HEARTBEAT_MS: '100' },
    });
    const response = await stream();
    expect(response.status).toBe(200);
    queue.open();
    const read = await readStream(response);
    expect(read.chunks).toEqual([
      { error: { message: 'bye', type: 'server_error', param: null, code: 'shutting_down' } },
    ]);
    expect(read.done).toBe(true);
  });

  it('that passes its deadline is refused with 408 before it starts, and told so after', async () => {
    const never = new Promise<void>(() => undefined);
    await start(() => [{ wait: never }], { environment: { REQUEST_TIMEOUT_MS: '150' } });
    const refused = await stream();
    expect([refused.status, refused.headers.get('x-should-retry')]).toEqual([408, 'false']);
    expect(await refused.json()).toMatchObject({ error: { code: 'deadline_exceeded', type: 'timeout_error' } });

    app.model.script = () => ['a', { wait: never }];
    const read = await readStream(await stream());
    expect(read.chunks.at(-1)!.error).toMatchObject({ code: 'deadline_exceeded' });
    expect(read.done).toBe(true);
    expect(app.model.running).toBe(0);
  });
});

describe('a client that leaves', () => {
  it.each([
    ['in the queue', () => [{ wait: new Promise(() => undefined) }]],
    ['in the middle', () => ['a', { wait: new Promise(() => undefined) }]],
  ] as [string, Script][])('%s stops the generation', async (_where, script) => {
    await start(script, { environment: { STREAM_HEARTBEAT_MS: '100' } });
    const leaving = new AbortController();
    const response = await stream({}, leaving.signal);
    leaving.abort();
    await expect(response.text()).rejects.toMatchObject({ name: 'AbortError' });
    await expect.poll(() => app.model.cancelled).toBe(1);
    expect(app.model.running).toBe(0);
  });

  it('also when it only closes its sending side', async () => {
    await start(() => ['a', { wait: new Promise(() => undefined) }]);
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'hi' }], stream: true });
    const client = httpRequest(`${app.baseUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      agent: false,
    });
    client.on('error', () => undefined).end(body);
    const [incoming] = (await once(client, 'response')) as [IncomingMessage];
    incoming.on('error', () => undefined).resume();
    client.socket!.end();
    await expect.poll(() => app.model.cancelled).toBe(1);
  });
});

describe('a reader that is behind', () => {
  it('slows the generation down and loses nothing', async () => {
    const pieces = Array.from({ length: 3000 }, (_, index) => `${index} ${'x'.repeat(4096)}`);
    let made = 0;
    await start(function* () {
      for (const piece of pieces) {
        made += 1;
        yield piece;
      }
    });
    const response = await stream();
    const body = response.body!.getReader();
    await body.read();
    // It fills what buffers there are, then stands still.
    let before = -1;
    await expect
      .poll(
        () => {
          const still = made === before;
          before = made;
          return still;
        },
        { interval: 200 },
      )
      .toBe(true);
    expect(made).toBeLessThan(pieces.length);
    let text = '';
    const decoder = new TextDecoder();
    for (let read = await body.read(); !read.done; read = await body.read())
      text += decoder.decode(read.value, { stream: true });
    expect(text).toContain(`"content":"2999 x`);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });
});

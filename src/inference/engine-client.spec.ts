import { describe, expect, it } from 'vitest';
import { ScriptedEngine } from '../../test/support/scripted-engine.js';
import { AppError } from '../common/errors/app-error.js';
import type { GenerationRequest } from '../engine/protocol.js';
import { EngineClient } from './engine-client.js';

const request = { promptIds: Int32Array.of(1) } as GenerationRequest;

function connected() {
  const client = new EngineClient();
  const engine = new ScriptedEngine();
  engine.onMessage((message) => {
    if (message.kind === 'step') client.handleStep(message.events);
  });
  client.connect(engine);
  return { client, engine };
}

describe('EngineClient', () => {
  it('gives each request its own events, whatever steps carry', async () => {
    const { client, engine } = connected();
    const [a, b] = [client.submit(request), client.submit(request)];
    engine.step({ kind: 'token', id: b.id, token: 20 }, { kind: 'token', id: a.id, token: 10 });
    engine.step({ kind: 'token', id: a.id, token: 11 });
    expect((await a.events.next()).value).toMatchObject({ token: 10 });
    expect((await a.events.next()).value).toMatchObject({ token: 11 });
    expect((await b.events.next()).value).toMatchObject({ token: 20 });
  });

  it('tells the engine when a caller leaves, once, and ignores what still comes for it', async () => {
    const { client, engine } = connected();
    const run = client.submit(request);
    client.abort(run);
    client.abort(run);
    engine.step({ kind: 'token', id: run.id, token: 1 });
    expect(engine.received.filter((message) => message.kind === 'abort')).toEqual([{ kind: 'abort', id: run.id }]);
    expect(await run.events.next()).toEqual({ done: true, value: undefined });
    expect(client.size).toBe(0);
  });

  it('throws an error that the engine reports for a request', async () => {
    const { client, engine } = connected();
    const run = client.submit(request);
    engine.step({ kind: 'error', id: run.id, error: { code: 'queue_full', message: 'full', param: null } });
    await expect(run.events.next()).rejects.toMatchObject({ code: 'queue_full', message: 'full' });
    expect(client.size).toBe(0);
  });

  it("keeps the runtime's own words from callers: they are no AppError", async () => {
    const { client, engine } = connected();
    const run = client.submit(request);
    const message = 'Status Message: /src/gather.cc:204 indices out of bounds';
    engine.step({ kind: 'error', id: run.id, error: { code: 'internal_error', message, param: null } });
    const failure: unknown = await run.events.next().catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: expect.stringContaining(message) });
    expect(failure).not.toBeInstanceOf(AppError);
  });

  it('counts an engine as useful when its answers end by stop strings, and not when nothing came of them', () => {
    const { client, engine } = connected();
    client.abort(client.submit(request));
    expect(client.finishedByEngine).toBe(0);
    const run = client.submit(request);
    engine.step({ kind: 'token', id: run.id, token: 1 });
    client.abort(run);
    expect(client.finishedByEngine).toBe(1);
  });
});

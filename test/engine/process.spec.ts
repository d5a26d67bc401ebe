/**
 * The engine as its parent sees it: the built `dist/engine/main.js`, forked, talked to over the real channel.
 * `npm test` builds first.
 */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { ToEngine } from '../../src/engine/protocol.js';
import { ForkedEngine, hasBuiltEngine } from '../support/forked-engine.js';
import { CHAT_MODEL, hasChatModel } from '../support/real-model.js';
import { SMOLLM2, SMOLLM2_OPTIONS } from './smollm2.js';

describe.skipIf(!hasBuiltEngine)('the engine process', () => {
  let engine: ForkedEngine;
  afterEach(async () => {
    engine.disconnect();
    await engine.exit;
  });

  it('says why a model cannot be loaded, and lives on until it is told to end', async () => {
    engine = new ForkedEngine();
    engine.send({ kind: 'load', model: { ...SMOLLM2, modelFile: '/no/such/model.onnx' }, options: SMOLLM2_OPTIONS });
    const { error } = await engine.kind('failed');
    expect(error).toMatchObject({ code: 'model_failed', message: expect.stringContaining('/no/such/model.onnx') });
    engine.send({ kind: 'shutdown' });
    expect(await engine.exit).toEqual({ code: 0, signal: null });
  });

  it('does not end by Ctrl-C or SIGTERM: its parent decides', async () => {
    engine = new ForkedEngine();
    await engine.kind('heartbeat');
    engine.signal('SIGINT');
    engine.signal('SIGTERM');
    const before = engine.heard.length;
    await engine.hear((heard) => (heard.length > before ? true : undefined));
    engine.send({ kind: 'shutdown' });
    expect(await engine.exit).toEqual({ code: 0, signal: null });
  });

  it('ends when its parent is gone', async () => {
    engine = new ForkedEngine();
    await engine.kind('heartbeat');
    engine.disconnect();
    expect((await engine.exit).code).not.toBe(0);
  });

  it('ends with a code of its own on a message that it cannot understand', async () => {
    engine = new ForkedEngine();
    engine.send({ kind: 'nonsense' } as unknown as ToEngine);
    expect(await engine.exit).toEqual({ code: 70, signal: null });
  });

  it.skipIf(!hasChatModel)('loads, generates, aborts, beats and ends in the middle of a run', async () => {
    const { cases } = JSON.parse(readFileSync(`${CHAT_MODEL}/goldens.json`, 'utf8')) as {
      cases: { prompt_ids: number[]; greedy_ids: number[] }[];
    };
    engine = new ForkedEngine();
    engine.send({ kind: 'load', model: SMOLLM2, options: SMOLLM2_OPTIONS });
    const { report } = await engine.kind('loaded');
    expect(report).toMatchObject({ provider: 'cpu', slots: SMOLLM2_OPTIONS.maxSlots });

    const { prompt_ids: prompt, greedy_ids: wanted } = cases[0];
    engine.generate(1, prompt, 200);
    await engine.hear(() => engine.events(1).find((e) => e.kind === 'token'));
    engine.send({ kind: 'abort', id: 1 });
    engine.generate(2, prompt, 5);
    const end = await engine.hear(() => engine.events(2).find((e) => e.kind === 'end'));
    const tokens = engine.events(2).flatMap((e) => (e.kind === 'token' ? [e.token] : []));
    expect(tokens).toEqual(wanted.slice(0, 5));
    expect(end).toMatchObject({ reason: 'length', promptTokens: prompt.length, completionTokens: 5 });
    expect(engine.events(1).some((e) => e.kind === 'end')).toBe(false);
    await engine.hear((heard) => heard.find((m) => m.kind === 'heartbeat' && m.stats.steps > 0));

    engine.generate(3, prompt, 200);
    await engine.hear(() => engine.events(3).find((e) => e.kind === 'token'));
    engine.send({ kind: 'shutdown' });
    expect(await engine.exit).toEqual({ code: 0, signal: null });
  });
});

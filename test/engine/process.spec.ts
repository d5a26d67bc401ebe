/**
 * The engine as its parent sees it: the built `dist/engine/main.js`, forked, talked to over the real channel.
 * `npm test` builds first.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { FromEngine, StepEvent, ToEngine } from '../../src/engine/protocol.js';
import { CHAT_MODEL, hasChatModel } from '../support/real-model.js';
import { GREEDY } from './random-schedules.js';
import { SMOLLM2, SMOLLM2_OPTIONS } from './smollm2.js';

const MAIN = 'dist/engine/main.js';
const built = existsSync(MAIN);
if (!built) console.log(`The engine's process is not tested: ${MAIN} is absent; npm run build makes it.`);

/** A forked engine that remembers what it said. */
class ForkedEngine {
  readonly heard: FromEngine[] = [];
  readonly exit: Promise<{ code: number | null; signal: string | null }>;
  private readonly child: ChildProcess;

  constructor() {
    const env = { ...process.env, ORT_DISABLE_TELEMETRY: '1' };
    this.child = fork(MAIN, { serialization: 'advanced', env, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    this.child.on('message', (message) => this.heard.push(message as FromEngine));
    this.exit = new Promise((resolve) => {
      this.child.on('exit', (code, signal) => resolve({ code, signal }));
    });
  }

  send(message: ToEngine): void {
    this.child.send(message);
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  disconnect(): void {
    if (this.child.connected) this.child.disconnect();
  }

  events(id: number): StepEvent[] {
    return this.heard.flatMap((m) => (m.kind === 'step' ? m.events.filter((e) => e.id === id) : []));
  }

  /** Resolves with the first message, already heard or not, that answers the question. */
  async hear<T>(question: (heard: FromEngine[]) => T | undefined): Promise<T> {
    for (;;) {
      const answer = question(this.heard);
      if (answer !== undefined) return answer;
      await new Promise((resolve) => this.child.once('message', resolve));
    }
  }

  kind<K extends FromEngine['kind']>(kind: K): Promise<Extract<FromEngine, { kind: K }>> {
    return this.hear((heard) => heard.find((m) => m.kind === kind) as Extract<FromEngine, { kind: K }> | undefined);
  }

  generate(id: number, promptIds: number[], maxTokens: number): void {
    const request = { promptIds: Int32Array.from(promptIds), sampling: GREEDY, maxTokens, minTokens: 0 };
    this.send({ kind: 'generate', id, request: { ...request, ignoreEos: true, stopTokenIds: [], cacheScope: '' } });
  }
}

describe.skipIf(!built)('the engine process', () => {
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

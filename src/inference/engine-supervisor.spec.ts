import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { scriptedEngines } from '../../test/support/scripted-engine.js';
import { HEARTBEAT_INTERVAL_MS, type GenerationRequest } from '../engine/protocol.js';
import { EngineClient } from './engine-client.js';
import { EngineSupervisor, type EngineObserver, type SupervisorSettings } from './engine-supervisor.js';
import { RESTART } from './restart-policy.js';

const STALL_MS = 5000;
const request = { promptIds: Int32Array.of(1, 2) } as GenerationRequest;
const settings = {
  load: { kind: 'load' },
  explainRefusal: (message) => message,
  stallMs: STALL_MS,
} as SupervisorSettings;
const silent: EngineObserver = { loaded() {}, ended() {}, stats() {}, output() {} };

function supervised() {
  const { spawn, engines } = scriptedEngines();
  const client = new EngineClient();
  const supervisor = new EngineSupervisor(spawn, client, settings, silent);
  supervisor.start();
  return { supervisor, client, engines, latest: () => engines.at(-1)! };
}

const end = (id: number) =>
  ({
    kind: 'end',
    id,
    reason: 'eos',
    stopToken: 2,
    promptTokens: 2,
    cachedTokens: 0,
    completionTokens: 0,
    timings: { queueMs: 0, prefillMs: 0, decodeMs: 0 },
  }) as const;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('EngineSupervisor', () => {
  it('is ready once its engine has loaded, and only then gives it requests', () => {
    const { supervisor, client, latest } = supervised();
    client.submit(request);
    expect(supervisor.state).toBe('loading');
    expect(latest().requested).toEqual([]);
    latest().load();
    expect(supervisor).toMatchObject({ state: 'ready', reason: null });
    expect(latest().requested).toEqual([1]);
  });

  it('fails what a dead engine had started, and hands what waited to its successor', async () => {
    const { supervisor, client, engines, latest } = supervised();
    latest().load();
    const started = client.submit(request);
    const waiting = client.submit(request);
    latest().step({ kind: 'started', id: started.id, cachedTokens: 0, queueMs: 0 });
    latest().exit('it was ended by SIGSEGV');
    expect(supervisor).toMatchObject({ state: 'restarting', reason: expect.stringContaining('SIGSEGV') });
    await started.events.next();
    await expect(started.events.next()).rejects.toMatchObject({ code: 'engine_restarted' });

    vi.advanceTimersByTime(RESTART.firstDelayMs);
    expect(engines).toHaveLength(2);
    latest().load();
    expect(latest().requested).toEqual([waiting.id]);
    expect(supervisor).toMatchObject({ state: 'ready', restarts: 1 });
  });

  it("keeps an engine's last words for the operator", async () => {
    const { supervisor, client, latest } = supervised();
    latest().load();
    const started = client.submit(request);
    latest().step({ kind: 'started', id: started.id, cachedTokens: 0, queueMs: 0 });
    latest().exit('it exited with code 70', 'at file:///srv/ingot/engine/main.js:1');
    expect(supervisor.reason).toContain('its last words: at file:///srv/ingot');
    await started.events.next();
    await expect(started.events.next()).rejects.toMatchObject({
      code: 'engine_restarted',
      message: expect.not.stringContaining('/srv'),
    });
  });

  it('does not tell callers what a refused load names', async () => {
    const { supervisor, client, latest } = supervised();
    const waiting = client.submit(request);
    const message = '/srv/models/tiny/model.onnx could not be loaded';
    latest().say({ kind: 'failed', error: { code: 'model_failed', message, param: null } });
    expect(supervisor.reason).toBe(message);
    await expect(waiting.events.next()).rejects.toMatchObject({
      code: 'model_failed',
      message: expect.not.stringContaining('/srv'),
    });
  });

  it('opens the breaker after engines that finish nothing, refuses what waits, and recovers after the cool-down', async () => {
    const { supervisor, client, engines, latest } = supervised();
    for (let crash = 0; crash < RESTART.breakerAfter; crash += 1) {
      latest().load();
      latest().exit('it exited with code 134');
      if (crash < RESTART.breakerAfter - 1) vi.advanceTimersByTime(RESTART.maxDelayMs);
    }
    const refused = client.submit(request);
    expect(supervisor).toMatchObject({ state: 'failed', reason: expect.stringContaining('5 times') });
    expect(engines).toHaveLength(RESTART.breakerAfter);
    client.abort(refused);

    vi.advanceTimersByTime(RESTART.coolDownMs);
    latest().load();
    expect(supervisor.state).toBe('ready');
  });

  it('does not hold useful engines against a model, however often they are killed', () => {
    const { supervisor, client, latest } = supervised();
    for (let kill = 0; kill < 50; kill += 1) {
      latest().load();
      latest().step(end(client.submit(request).id));
      latest().exit('it was ended by SIGKILL');
      vi.advanceTimersByTime(RESTART.firstDelayMs);
      expect(supervisor.state).toBe('restarting');
    }
  });

  it('does not try again when the model itself is at fault', () => {
    const { supervisor, engines, latest } = supervised();
    latest().say({
      kind: 'failed',
      error: { code: 'model_failed', message: 'model.onnx: no such input', param: null },
    });
    vi.advanceTimersByTime(10 * RESTART.coolDownMs);
    expect(supervisor).toMatchObject({ state: 'failed', reason: 'model.onnx: no such input' });
    expect(engines).toHaveLength(1);
  });

  it('tries again when a model that was served before does not load: the fault is not in its files', () => {
    const { supervisor, engines, latest } = supervised();
    latest().load();
    latest().exit('it was ended by SIGKILL');
    vi.advanceTimersByTime(RESTART.firstDelayMs);
    latest().say({ kind: 'failed', error: { code: 'model_failed', message: 'no memory', param: null } });
    expect(engines[1].killed).toBe(true);
    expect(supervisor).toMatchObject({ state: 'restarting', reason: 'the engine ended: no memory' });
    vi.advanceTimersByTime(RESTART.maxDelayMs);
    latest().load();
    expect(supervisor.state).toBe('ready');
  });

  it('tries again when the system gives no process, and does not fall over it', () => {
    const { spawn, engines } = scriptedEngines();
    let refusals = 1;
    const spawnLater: typeof spawn = (onOutput) => {
      if (refusals-- > 0) throw new Error('spawn ENOMEM');
      return spawn(onOutput);
    };
    const supervisor = new EngineSupervisor(spawnLater, new EngineClient(), settings, silent);
    supervisor.start();
    expect(supervisor).toMatchObject({ state: 'restarting', reason: expect.stringContaining('ENOMEM') });
    vi.advanceTimersByTime(RESTART.firstDelayMs);
    engines[0].load();
    expect(supervisor.state).toBe('ready');
  });

  it('replaces an engine that falls silent, and one that beats but makes no progress', () => {
    const { supervisor, engines, latest } = supervised();
    latest().load();
    vi.advanceTimersByTime(STALL_MS + 3 * HEARTBEAT_INTERVAL_MS);
    expect(engines[0].killed).toBe(true);

    vi.advanceTimersByTime(RESTART.firstDelayMs);
    latest().load();
    latest().beat({ running: 1, sinceProgressMs: STALL_MS + 1 });
    vi.advanceTimersByTime(HEARTBEAT_INTERVAL_MS);
    expect(engines[1].killed).toBe(true);
    expect(supervisor.state).toBe('restarting');
  });

  it('leaves a busy engine alone as long as it beats', () => {
    const { engines, latest } = supervised();
    latest().load();
    for (let beat = 0; beat < 100; beat += 1) {
      latest().beat({ running: 8, waiting: 50, sinceProgressMs: 900 });
      vi.advanceTimersByTime(HEARTBEAT_INTERVAL_MS);
    }
    expect(engines[0].killed).toBe(false);
  });

  it('stops for good', async () => {
    const { supervisor, engines, latest } = supervised();
    latest().load();
    await supervisor.stop();
    vi.advanceTimersByTime(10 * RESTART.coolDownMs);
    expect(engines).toHaveLength(1);
  });
});

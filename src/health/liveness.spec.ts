import { describe, expect, it } from 'vitest';
import type { ModelHealth } from './finding.js';
import { liveness } from './liveness.js';

const STALL_MS = 30_000;
const well: ModelHealth = { id: 'tiny:1', state: 'ready', reason: null, sinceProgressMs: 0, restarts: 0 };

describe('liveness', () => {
  it.each<[why: string, model: Partial<ModelHealth>, alive: boolean]>([
    ['a ready model is idle', {}, true],
    ['a step takes long, but less than the limit', { sinceProgressMs: STALL_MS }, true],
    ['an engine has work and makes no step', { sinceProgressMs: STALL_MS + 1 }, false],
    ['a model is loading', { state: 'loading', reason: 'the engine is loading the model' }, true],
    ['an engine restarts for the ninth time', { state: 'restarting', reason: 'the engine ended', restarts: 9 }, true],
    ['a model has failed for good', { state: 'failed', reason: 'not an ONNX file' }, true],
  ])('when %s', (_, model, alive) => {
    const [finding] = liveness([{ ...well, ...model }], STALL_MS);
    expect(finding.ok).toBe(alive);
    expect(finding.name).toBe('model:tiny:1');
  });

  it('says how long nothing happened', () => {
    const [finding] = liveness([{ ...well, sinceProgressMs: 45_000 }], STALL_MS);
    expect(finding.details.reason).toBe('the engine has work and finished no step for 45000 ms (limit 30000 ms)');
  });

  it('is fine without a model', () => {
    expect(liveness([], STALL_MS)).toEqual([]);
  });

  it('is lost with one of several', () => {
    const findings = liveness([well, { ...well, id: 'big:1', sinceProgressMs: 60_000 }], STALL_MS);
    expect(findings.map((finding) => finding.ok)).toEqual([true, false]);
  });
});

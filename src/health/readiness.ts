/**
 * Should callers be sent here now? Arithmetic over what the service knows; no clock, no HTTP.
 *
 * Strict: every model under MODEL_PATH must be loaded and warm, so that a rollout with a broken model stops at its first
 * pod. A full queue is no reason: the service refuses what it cannot take, and flapping would only move the load.
 */
import { isStalled, type Finding, type ModelHealth } from './finding.js';

export interface Situation {
  draining: boolean;
  models: ModelHealth[];
  /** Folders that cannot be served, with words about why and what to do. */
  broken: { id: string; diagnosis: string }[];
  /** What the rooms check themselves; a null reason is fine. */
  checks: { name: string; reason: string | null }[];
  stallMs: number;
}

export function readiness(situation: Situation): Finding[] {
  const { draining, models, broken, checks, stallMs } = situation;
  const findings: Finding[] = [];
  if (draining) findings.push({ name: 'service', ok: false, details: { reason: 'shutting_down' } });
  if (models.length + broken.length === 0) {
    findings.push({ name: 'models', ok: false, details: { reason: 'no model is loaded' } });
  }
  findings.push(...models.map((model) => judgeModel(model, stallMs)));
  for (const { id, diagnosis } of broken) {
    findings.push({ name: `model:${id}`, ok: false, details: { state: 'failed', reason: diagnosis } });
  }
  for (const { name, reason } of checks) {
    findings.push({ name, ok: reason === null, details: reason === null ? {} : { reason } });
  }
  return findings;
}

function judgeModel(model: ModelHealth, stallMs: number): Finding {
  const { id, state, reason, restarts, sinceProgressMs } = model;
  const name = `model:${id}`;
  if (isStalled(model, stallMs)) {
    const stall = `the engine finished no step for ${sinceProgressMs} ms`;
    return { name, ok: false, details: { state, restarts, reason: stall } };
  }
  if (state === 'ready') return { name, ok: true, details: { state, restarts } };
  return { name, ok: false, details: { state, restarts, reason: reason ?? state } };
}

/**
 * Is this process beyond help? Arithmetic over what the engines told; no clock, no HTTP.
 *
 * It fails for one reason only: an engine has work and makes no step. A long queue, a full batch, a model that is
 * loading, restarting or failed are all alive: a restart of the pod would make each of them worse.
 */
import { isStalled, type Finding, type ModelHealth } from './finding.js';

export function liveness(models: ModelHealth[], stallMs: number): Finding[] {
  return models.map((model) => {
    const { state, sinceProgressMs, restarts } = model;
    const details = { state, sinceProgressMs, restarts };
    if (!isStalled(model, stallMs)) return { name: `model:${model.id}`, ok: true, details };
    const reason = `the engine has work and finished no step for ${sinceProgressMs} ms (limit ${stallMs} ms)`;
    return { name: `model:${model.id}`, ok: false, details: { ...details, reason } };
  });
}

import { describe, expect, it } from 'vitest';
import type { ModelHealth } from './finding.js';
import { readiness, type Situation } from './readiness.js';

const ready: ModelHealth = { id: 'tiny:1', state: 'ready', reason: null, sinceProgressMs: 0, restarts: 0 };
const fine: Situation = { draining: false, models: [ready], broken: [], checks: [], stallMs: 30_000 };

/** Names of what is not well, with the reasons. */
function reasons(situation: Partial<Situation>): Record<string, unknown> {
  const bad = readiness({ ...fine, ...situation }).filter((finding) => !finding.ok);
  return Object.fromEntries(bad.map((finding) => [finding.name, finding.details.reason]));
}

describe('readiness', () => {
  it.each<[why: string, situation: Partial<Situation>, expected: Record<string, string>]>([
    ['all is well', {}, {}],
    ['a slow step is under way', { models: [{ ...ready, sinceProgressMs: 30_000 }] }, {}],
    ['the service drains', { draining: true }, { service: 'shutting_down' }],
    ['nothing is loaded', { models: [] }, { models: 'no model is loaded' }],
    [
      'a model is loading',
      { models: [{ ...ready, state: 'loading', reason: 'the engine is loading the model' }] },
      { 'model:tiny:1': 'the engine is loading the model' },
    ],
    [
      'an engine is being replaced',
      { models: [{ ...ready, state: 'restarting', reason: 'the engine ended: it was ended by SIGKILL' }] },
      { 'model:tiny:1': 'the engine ended: it was ended by SIGKILL' },
    ],
    ['a model failed without words', { models: [{ ...ready, state: 'failed' }] }, { 'model:tiny:1': 'failed' }],
    [
      'an engine makes no step',
      { models: [{ ...ready, sinceProgressMs: 30_001 }] },
      { 'model:tiny:1': 'the engine finished no step for 30001 ms' },
    ],
    [
      'a folder cannot be served, though another is',
      { broken: [{ id: 'odd', diagnosis: 'genai_config.json: it is missing. Export the model again' }] },
      { 'model:odd': 'genai_config.json: it is missing. Export the model again' },
    ],
    [
      'the only folder cannot be served',
      { models: [], broken: [{ id: 'odd', diagnosis: 'broken' }] },
      { 'model:odd': 'broken' },
    ],
    [
      'no key can be read',
      {
        checks: [
          { name: 'api_keys', reason: 'no key is loaded' },
          { name: 'issuer', reason: null },
        ],
      },
      { api_keys: 'no key is loaded' },
    ],
    [
      'several things are wrong at once',
      { draining: true, models: [{ ...ready, state: 'loading' }] },
      { service: 'shutting_down', 'model:tiny:1': 'loading' },
    ],
  ])('when %s', (_, situation, expected) => {
    expect(reasons(situation)).toEqual(expected);
  });

  it('lists what is well too', () => {
    const findings = readiness({ ...fine, checks: [{ name: 'api_keys', reason: null }] });
    expect(findings).toEqual([
      { name: 'model:tiny:1', ok: true, details: { state: 'ready', restarts: 0 } },
      { name: 'api_keys', ok: true, details: {} },
    ]);
  });
});

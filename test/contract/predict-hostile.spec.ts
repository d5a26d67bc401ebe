import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startScriptedApp, type ScriptedApp } from '../support/scripted-app.js';
import { ScriptedPrediction, signatureOf } from '../support/scripted-prediction.js';
import { HOSTILE_PREDICTIONS } from './predict-bodies.js';

const MODELS = [
  new ScriptedPrediction({ id: 'single', inputs: [signatureOf('x', 'float32', ['N', 2])] }),
  new ScriptedPrediction({
    id: 'tensors',
    inputs: [
      signatureOf('f', 'float32', ['N', 2]),
      signatureOf('k', 'int64', ['N']),
      signatureOf('u', 'uint8', [2]),
      signatureOf('s', 'string', ['N', 1]),
      signatureOf('b', 'bool', []),
      signatureOf('h', 'float16', [1], true),
    ],
  }),
  new ScriptedPrediction({ id: 'text', inputs: [signatureOf('text', 'string', [null, 1])] }),
  new ScriptedPrediction({ id: 'image', inputs: [signatureOf('picture', 'float32', ['N', 3, 8, 8])] }),
];

let app: ScriptedApp;

beforeAll(async () => {
  app = await startScriptedApp({ predictions: MODELS });
});
afterAll(() => app.close());

describe('hostile predictions', () => {
  it('are many', () => {
    expect(HOSTILE_PREDICTIONS.length).toBeGreaterThan(450);
  });

  it('are each refused by name, in OpenAI’s object and in upstream’s detail', { timeout: 60_000 }, async () => {
    const wrong: unknown[] = [];
    for (const { name, body, status, code, param } of HOSTILE_PREDICTIONS) {
      const response = await fetch(`${app.baseUrl}/v1/predict`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      const text = await response.text();
      const { error, detail } = JSON.parse(text) as {
        error?: { code: string; param: string | null; message: string };
        detail?: string;
      };
      const got = [response.status, error?.code, error?.param];
      const fits = JSON.stringify(got) === JSON.stringify([status, code, param]);
      if (!fits || detail !== error?.message || !detail || detail.length > 3000) {
        wrong.push({ name, wanted: [status, code, param], got, text: text.slice(0, 300) });
      }
    }
    expect(wrong).toEqual([]);
    expect(MODELS.flatMap(({ requests }) => requests)).toEqual([]);
  });
});

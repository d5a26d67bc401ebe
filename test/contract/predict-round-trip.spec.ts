import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TensorValue } from '../../src/inference/prediction-model.js';
import { Pace } from '../../src/predict/pace.js';
import { valueJson } from '../../src/predict/value-json.js';
import { anyTensor, DTYPES } from '../support/any-tensor.js';
import { startScriptedApp, type ScriptedApp } from '../support/scripted-app.js';
import { ScriptedPrediction, signatureOf } from '../support/scripted-prediction.js';

/** 13 dtypes, as many requests each, as many items in each: more than 5,000 tensors. */
const REQUESTS = 25;
const ITEMS = 16;

const models = DTYPES.map((dtype) => new ScriptedPrediction({ id: dtype, inputs: [signatureOf('x', dtype, null)] }));

let app: ScriptedApp;

beforeAll(async () => {
  app = await startScriptedApp({ predictions: models });
});
afterAll(() => app.close());

const style = { nan: 'string', integers: 'number' } as const;

describe('tensors through /v1/predict', () => {
  it.each(DTYPES)('arrive as they were sent and come back as they were: %s', { timeout: 60_000 }, async (dtype) => {
    const model = models.find(({ manifest }) => manifest.id === dtype)!;
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyTensor(dtype), { minLength: ITEMS, maxLength: ITEMS }),
        fc.boolean(),
        async (tensors, wrapped) => {
          model.requests.length = 0;
          const texts = await Promise.all(tensors.map((tensor) => valueJson(tensor, style, new Pace())));
          const items = tensors.map((tensor, index) => itemText(tensor, texts[index], wrapped));
          const response = await fetch(`${app.baseUrl}/v1/predict`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: `{"model":"${dtype}","items":[${items.join(',')}],"parameters":{"nan":"string","encoder":"base64"}}`,
          });
          const answer = (await response.json()) as { items: { data: string }[] };
          expect(answer.items.map(({ data }) => Buffer.from(data, 'base64').toString())).toEqual(
            texts.map((text) => `{"x_out_0":${text}}`),
          );
          const arrived = model.requests.map(({ inputs }) => inputs[0].value);
          for (const tensor of tensors) expect(arrived).toContainEqual(tensor);
        },
      ),
      { numRuns: REQUESTS },
    );
  });
});

/** With the shape beside the data: nested arrays cannot show what is inside an empty one. */
function itemText({ shape }: TensorValue, data: string, wrapped: boolean): string {
  const content = `{"x":{"shape":[${shape.join(',')}],"data":${data}}}`;
  if (!wrapped) return `{"content_type":"application/json","encoder":"json","data":${content}}`;
  return `{"content_type":"application/json","encoder":"base64","data":"${Buffer.from(content).toString('base64')}"}`;
}

import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import {
  ScriptedPrediction,
  signatureOf,
  type ScriptedPredictionOptions,
} from '../../test/support/scripted-prediction.js';
import { predictExamples } from './predict-examples.js';
import { tinyPng } from './tiny-png.js';

type Body = { model: string; items: { content_type: string; encoder: string; data: unknown }[]; parameters?: object };

function bodies(...models: ScriptedPredictionOptions[]): Body[] {
  const [request] = predictExamples(models.map((options) => new ScriptedPrediction(options)));
  return request ? Object.values(request.examples).map(({ value }) => value as Body) : [];
}

describe('tinyPng', () => {
  it.each([1, 32, 256])('is a picture of %d pixels a side that others can read', async (size) => {
    const { width, height, channels, format } = await sharp(tinyPng(size)).metadata();
    expect([width, height, channels, format]).toEqual([size, size, 3, 'png']);
    expect(await sharp(tinyPng(size)).raw().toBuffer()).toHaveLength(size * size * 3);
  });
});

describe('predictExamples', () => {
  it('sends a picture of the model’s size to a model of images', async () => {
    for (const shape of [
      ['N', 3, 24, 24],
      [1, 24, 24, 3],
    ]) {
      const [body] = bodies({ inputs: [signatureOf('x', 'float32', shape)] });
      expect(body.items[0]).toMatchObject({ content_type: 'image/png', encoder: 'base64' });
      expect((await sharp(Buffer.from(body.items[0].data as string, 'base64')).metadata()).width).toBe(24);
    }
  });

  it('asks for the best classes where the model names as many as it scores', () => {
    const model = {
      inputs: [signatureOf('x', 'float32', ['N', 2])],
      outputs: [signatureOf('scores', 'float32', ['N', 3])],
    };
    expect(bodies({ ...model, manifest: { labels: ['a', 'b', 'c'] } })[0].parameters).toEqual({ top_k: 3 });
    expect(bodies({ ...model, manifest: { labels: ['a'] } })[0].parameters).toBeUndefined();
    expect(bodies(model)[0].parameters).toBeUndefined();
  });

  it('sends a row where each column is an input, and rows of features where one input takes all', () => {
    const columns = [signatureOf('island', 'string', [null, 1]), signatureOf('mass', 'float32', [null, 1])];
    expect(bodies({ inputs: columns })[0].items[0].data).toEqual([{ island: 'text', mass: 0.5 }]);
    expect(bodies({ inputs: [signatureOf('X', 'int64', ['N', 3])] })[0].items[0].data).toEqual([[1, 1, 1]]);
  });

  it('sends a text, named tensors, a scalar, or nothing, as the model asks', () => {
    expect(bodies({ inputs: [signatureOf('t', 'string', [null, 1])] })[0].items[0]).toMatchObject({
      content_type: 'text/plain',
      data: 'A text to classify.',
    });
    const mixed = [
      signatureOf('a', 'bool', [2, 2]),
      signatureOf('s', 'float32', []),
      signatureOf('d', 'int8', [9], true),
    ];
    expect(bodies({ inputs: mixed })[0].items[0].data).toEqual({ a: [[true, true], [true, true]], s: 0.5 }); // oxfmt-ignore
    expect(bodies({ inputs: [] })[0].items[0].data).toEqual({});
  });

  it('writes the first model’s example in base64 too, and puts models that can answer first', () => {
    const [plain, wrapped, other] = bodies({ id: 'a', state: 'failed' }, { id: 'b' }, { id: 'c', state: 'loading' });
    expect([plain.model, wrapped.model, other.model]).toEqual(['b', 'b', 'a']);
    expect(JSON.parse(Buffer.from(wrapped.items[0].data as string, 'base64').toString())).toEqual(plain.items[0].data);
  });

  it('has none for a model whose tensors would fill a page', () => {
    expect(bodies({ inputs: [signatureOf('x', 'float32', ['N', 100_000])] })).toEqual([]);
  });
});

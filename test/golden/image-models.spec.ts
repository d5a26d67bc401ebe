/** Image classifiers over HTTP, as the seed's request asks them, against what they said of Pillow's pixels. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_KEY, RunningServer } from '../support/running-server.js';

const MODELS = resolve('../shared/models/predict');
const NAMES = ['digits-cnn', 'digits-cnn-uint8', 'rapidocr-cls'];
const hasModels = NAMES.every((name) => existsSync(`${MODELS}/${name}/model.onnx`));
if (!hasModels) console.log(`The image models' goldens are skipped: ${MODELS} is absent.`);

/** Of the largest output; measured: below 1e-5. */
const TOLERANCE = 0.001;

interface Case {
  name: string;
  image?: string;
  expected_label: string;
  outputs: Record<string, { data: number[] }>;
}

interface TopClass {
  label: string;
  index: number;
}

function casesOf(model: string): Case[] {
  if (!hasModels) return [];
  const { cases } = JSON.parse(readFileSync(`${MODELS}/${model}/goldens.json`, 'utf8')) as { cases: Case[] };
  return cases.filter(({ image }) => image !== undefined);
}

const largest = (values: number[]) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe.skipIf(!hasModels)('an image over HTTP', () => {
  let server: RunningServer;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ingot-images-'));
    for (const name of NAMES) cpSync(join(MODELS, name), join(folder, name), { recursive: true });
    server = await RunningServer.start({ MODEL_PATH: folder });
    await server.ready();
  }, 120_000);

  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const predict = (model: string, path: string) =>
    fetch(`${server.baseUrl}/v1/predict?model=${model}`, {
      method: 'POST',
      headers: { 'x-api-key': API_KEY, 'content-type': 'application/json' },
      body: JSON.stringify({
        items: [
          {
            content_type: path.endsWith('.png') ? 'image/png' : 'image/jpeg',
            encoder: 'base64',
            data: readFileSync(join(MODELS, model, path)).toString('base64'),
          },
        ],
        parameters: { top_k: 1 },
      }),
    });

  describe.each(NAMES)('to %s', (model) => {
    it.each(casesOf(model))('answers $name as from Pillow', async ({ image, outputs, expected_label }) => {
      const response = await predict(model, image!);
      expect(response.status).toBe(200);
      const { items } = (await response.json()) as { items: { data: string }[] };
      const data = JSON.parse(Buffer.from(items[0].data, 'base64').toString()) as Record<string, unknown>;
      const [[name, golden]] = Object.entries(outputs);
      const [scores] = data[`${name}_0`] as number[][];
      const differences = scores.map((score, index) => score - golden.data[index]);
      expect(largest(differences)).toBeLessThan(TOLERANCE * largest(golden.data));
      const [[best]] = data[`${name}_0_top_k`] as TopClass[][];
      expect(best.label).toBe(expected_label);
    });
  });
});

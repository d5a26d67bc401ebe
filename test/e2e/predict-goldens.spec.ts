import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  goldenInputs,
  predictModels,
  PREDICT_MODELS,
  readGoldens,
  type GoldenCase,
  type GoldenOutput,
  type GoldenTensor,
  type Goldens,
} from '../engine/predict-golden-files.js';
import { RunningServer } from '../support/running-server.js';

/** Engines beside one another: each is a process. */
const MODELS_PER_SERVER = 8;

/** Its engine has no bfloat16: refused at load. */
const NOT_SERVED = new Set(['identity-bfloat16']);
/** The runtime takes [1] for a scalar; we say what fits instead. */
const STRICTER = new Set(['silero-vad/sr-as-vector']);

if (predictModels.length === 0) console.log(`The prediction goldens are skipped: ${PREDICT_MODELS} is absent.`);

const served = predictModels.filter((name) => !NOT_SERVED.has(name));
const groups = Array.from({ length: Math.ceil(served.length / MODELS_PER_SERVER) }, (_, index) =>
  served.slice(index * MODELS_PER_SERVER, (index + 1) * MODELS_PER_SERVER),
);

type Answer = Record<string, unknown>;

it.skipIf(predictModels.length === 0)('there are goldens to ask for', () => {
  expect(groups.flat()).toEqual(served);
});

describe.each(groups)('goldens over HTTP: %s and its neighbours', (...models) => {
  let server: RunningServer;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ingot-goldens-'));
    for (const model of models) symlinkSync(resolve(PREDICT_MODELS, model), join(folder, model));
    server = await RunningServer.start({ MODEL_PATH: folder });
    await server.ready();
  }, 120_000);
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(models)('%s', { timeout: 120_000 }, async (model) => {
    const goldens = readGoldens(model);
    for (const golden of goldens.cases) {
      for (const item of [itemOf(model, golden, goldens), ...rowItems(golden)]) {
        const response = await server.request('/v1/predict', { method: 'POST', body: requestOf(model, item) });
        const name = `${model}/${golden.name}`;
        const text = await response.text();
        if (isRefused(name, golden)) {
          expect([name, response.status, text]).toEqual([name, 400, expect.stringContaining('"detail"')]);
          continue;
        }
        expect([name, response.status, text.slice(0, 300)]).toEqual([name, 200, expect.any(String)]);
        compare(name, decoded(text), golden, goldens);
      }
    }
  });
});

/** The same rows as records and as CSV. */
function rowItems(golden: GoldenCase): object[] {
  const { rows } = golden as { rows?: Record<string, string | number>[] };
  if (!rows) return [];
  const names = Object.keys(rows[0]);
  const csv = [names.join(','), ...rows.map((row) => names.map((name) => row[name]).join(','))].join('\n');
  return [
    { content_type: 'application/json', encoder: 'json', data: rows },
    { content_type: 'text/csv', encoder: 'base64', data: Buffer.from(csv).toString('base64') },
  ];
}

function isRefused(name: string, golden: GoldenCase): boolean {
  return golden.expect_error !== undefined || Object.hasOwn(golden, 'must_refuse') || STRICTER.has(name);
}

function requestOf(model: string, item: object): string {
  return JSON.stringify({
    model,
    items: [item],
    parameters: { nan: 'string', integers: 'string', encoder: 'base64' },
  });
}

function itemOf(model: string, golden: GoldenCase, goldens: Goldens): object {
  if (golden.image !== undefined) {
    const data = readFileSync(join(PREDICT_MODELS, model, golden.image)).toString('base64');
    return { content_type: golden.image.endsWith('.png') ? 'image/png' : 'image/jpeg', encoder: 'base64', data };
  }
  const data = Buffer.from(JSON.stringify(namedInputs(golden, goldens))).toString('base64');
  return { content_type: 'application/json', encoder: 'base64', data };
}

/** The goldens' own form of a tensor is one that the service takes. */
function namedInputs(golden: GoldenCase, { cases }: Goldens): Record<string, unknown> {
  if (golden.inputs === undefined && golden.input_formula === undefined) {
    // `magika/batch-5`: the rows of the cases before it.
    const rows = cases.filter(({ inputs }) => inputs).map(({ inputs }) => (inputs!.bytes as GoldenTensor).data);
    return { bytes: rows };
  }
  if (golden.input_formula === undefined && !hasBytes(golden)) return { ...golden.inputs };
  const values = goldenInputs(golden)!;
  return Object.fromEntries(
    values.map(({ name, value }) => {
      if (value.kind !== 'tensor') throw new Error(`${name} is no tensor`);
      return [name, { dtype: value.dtype, shape: value.shape, data: Array.from(value.data as ArrayLike<number>) }];
    }),
  );
}

function hasBytes({ inputs }: GoldenCase): boolean {
  return Object.values(inputs ?? {}).some((value) => !Array.isArray(value) && value.data_b64 !== undefined);
}

function decoded(text: string): Answer {
  const { items } = JSON.parse(text) as { items: { data: string }[] };
  return JSON.parse(Buffer.from(items[0].data, 'base64').toString()) as Answer;
}

function compare(name: string, answer: Answer, golden: GoldenCase, goldens: Goldens): void {
  const wanted = Object.entries(golden.outputs!);
  const keys = goldens.signature.outputs.map((output, index) => [output.name, `${output.name}_${index}`]);
  expect(Object.keys(answer).sort()).toEqual(keys.map(([, key]) => key).sort());
  const { compare: how } = golden as { compare?: string };
  const exact = how === undefined || how.startsWith('outputs');
  for (const [output, value] of wanted) {
    const got = answer[keys.find(([known]) => known === output)![1]];
    const { expected_class: best } = golden as { expected_class?: number };
    if (best !== undefined) expect([name, argmax((got as number[][])[0])]).toEqual([name, best]);
    if (exact) close(`${name} ${output}`, got, value, goldens);
  }
}

function close(name: string, got: unknown, wanted: GoldenOutput, goldens: Goldens): void {
  if (wanted.kind === 'tensor') return closeTensor(name, got, wanted, goldens);
  expect([name, (got as unknown[]).length]).toEqual([name, wanted.data.length]);
  for (const [index, item] of (got as unknown[]).entries()) {
    const one = wanted.data[index];
    if (wanted.kind === 'sequence<tensor>') closeTensor(name, item, one as GoldenTensor, goldens);
    else {
      expect(Object.keys(item as object)).toEqual(Object.keys(one));
      closeList(name, Object.values(item as object), Object.values(one), goldens);
    }
  }
}

function closeTensor(name: string, got: unknown, wanted: GoldenTensor, goldens: Goldens): void {
  let level: unknown[] = [got];
  for (const length of wanted.shape) {
    for (const array of level) expect([name, (array as unknown[]).length]).toEqual([name, length]);
    level = (level as unknown[][]).flat();
  }
  closeList(name, level, wanted.data!, goldens);
}

function closeList(name: string, got: unknown[], wanted: unknown[], { rtol = 0, atol = 0 }: Goldens): void {
  expect([name, got.length]).toEqual([name, wanted.length]);
  const far = got.findIndex((value, index) => {
    const other = wanted[index];
    if (String(value) === String(other)) return false;
    if (typeof value !== 'number' || typeof other !== 'number') return true;
    return Math.abs(Math.fround(value) - Math.fround(other)) > atol + rtol * Math.abs(other);
  });
  expect([name, far, got[far], wanted[far]]).toEqual([name, -1, undefined, undefined]);
}

function argmax(row: number[]): number {
  return row.indexOf(Math.max(...row));
}

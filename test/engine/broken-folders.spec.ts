/**
 * Every broken folder gets what it deserves: a diagnosis when it is read, one when the engine loads it, a warning, or a
 * request that fails by itself. The engine is the built one; `npm test` builds first.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DrainService } from '../../src/common/lifecycle/drain.service.js';
import { Metrics } from '../../src/common/metrics/metrics.js';
import { readCatalog } from '../../src/inference/catalog/catalog.js';
import { describeDiagnosis, type PredictManifest } from '../../src/inference/catalog/manifest.js';
import { forkEngineFrom } from '../../src/inference/engine-process.js';
import { observeModel } from '../../src/inference/model-observer.js';
import type { NamedValue, PredictLoadReport } from '../../src/inference/prediction-model.js';
import { ServedPrediction } from '../../src/inference/served-prediction.js';
import { brokenCases, makeBrokenFolder } from '../support/broken-folders.js';

const MAIN = resolve('dist/engine/main.js');
const built = existsSync(MAIN);
if (!built) console.log(`Broken folders are not loaded: ${MAIN} is absent; npm run build makes it.`);

/** Refused when the folder is read. */
const refused: Record<string, RegExp> = {
  'zero-byte-onnx': /^model.onnx: it is empty \(0 bytes\)/,
  'truncated-start': /^model.onnx: it is cut off \(40 of at least \d+ bytes\)/,
  'truncated-last-byte': /^model.onnx: it is cut off \(61206 of at least 61207 bytes\)/,
  'flipped-header': /^model.onnx: it is damaged: its bytes are not an ONNX model/,
  'flipped-weights': /^model.onnx: its SHA-256 is not the one that CHECKSUM.txt gives/,
  'ext-missing': /^model.onnx: external data of "W0": it names "model.onnx.data", which is not in the folder/,
  'ext-escape': /^model.onnx: external data of "W0": the path "..\/_outside\/secret.bin" leaves the model folder/,
  'ext-symlink': /^model.onnx.data: it is a symbolic link that leaves the model folder/,
  'ext-bad-offset': /^model.onnx.data: the offset 1000000 .* lies beyond its end \(256 bytes\)/,
  'two-onnx': /there are 2 .onnx files \(decoder.onnx, encoder.onnx\) and no model.onnx/,
  'genai-invalid-json': /^genai_config.json: it is not valid JSON/,
  'genai-missing-file': /^genai_config.json: model.decoder.filename: it names "model.onnx"/,
  'genai-missing-tokenizer': /^tokenizer.json: it is missing/,
  'genai-tokenizer-truncated': /^tokenizer.json: it is not valid JSON/,
  'genai-filename-escape': /^genai_config.json: model.decoder.filename: the path "..\/_outside\/model.onnx" leaves/,
  'download-tmp': /^download.tmp: the download has not finished/,
  'download-part-beside': /^model.onnx.part: the download has not finished/,
  'symlink-model-out': /^model.onnx: it is a symbolic link that leaves .*\(to "..\/_outside\/model.onnx"\)/,
  'symlink-dangling': /^model.onnx: it is a symbolic link to a file that does not exist/,
  'symlink-loop': /^model.onnx: it is a symbolic link that points to itself/,
  'empty-folder': /the folder is empty/,
  'only-readme': /the folder holds no model file \(only README.md\)/,
  'model-is-folder': /^model.onnx: it is a folder, not a file/,
  'safetensors-only': /^model.safetensors: these weights are not in ONNX format\. Export the model to ONNX first/,
};

/** Refused by the engine. */
const unloadable: Record<string, RegExp> = {
  'unknown-op': /^model.onnx: the operator "FancyNewOp" is not known to this runtime/,
  'unknown-domain': /^model.onnx: the operator "com.example:MyOp" is a custom operator that this runtime does not have/,
  'opset-99': /^model.onnx: the model asks for ONNX opset 99, newer than this runtime knows \(\d+\)/,
  'cyclic-graph': /^model.onnx: the graph has a cycle/,
};

/** Depends on the machine: it loads where the locale is. */
const LOCALE = /^model.onnx: the operator StringNormalizer needs the system locale en_US.UTF-8, which is not installed/;

/** Served, with a word; or with none. */
const warned: Record<string, RegExp | null> = {
  'labels-mismatch': /^labels.txt: it has 3 lines, but the model gives 10 classes/,
  'config-bad-json': /^config.json: it is not valid JSON/,
  'int-div-zero': null,
};

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'broken-'))));
afterEach(() => rmSync(root, { recursive: true }));

const served: ServedPrediction[] = [];
afterEach(async () => {
  await Promise.all(served.splice(0).map((model) => model.stop()));
});

/** The folder's manifest or its diagnosis. */
async function read(name: string): Promise<{ manifest: PredictManifest | null; words: string }> {
  const found = brokenCases.find((one) => one.case === name)!;
  const { manifests, diagnoses } = await readCatalog(makeBrokenFolder(root, found));
  const manifest = (manifests[0] as PredictManifest | undefined) ?? null;
  return { manifest, words: diagnoses.map(describeDiagnosis).join('\n') };
}

/** @returns once the engine is ready or has refused */
async function load(name: string, batching: 'auto' | 'off' = 'auto'): Promise<ServedPrediction> {
  const { manifest, words } = await read(name);
  expect(words).toBe('');
  const metrics = new Metrics({ vllmAliases: false });
  const engine = {
    provider: 'cpu',
    threads: 1,
    batching,
    maxBatch: 8,
    maxDelayMs: 1,
    maxOutputBytes: 1_000_000,
  } as const;
  const settings = { engine, maxQueue: 10, stallMs: 30_000 };
  const spawn = (onOutput: (line: string) => void) => forkEngineFrom(MAIN, onOutput);
  await new Promise<void>((told) => {
    const log = { log: () => undefined, warn: () => undefined, error: () => told() };
    const observer = observeModel<PredictLoadReport>({ id: name, workload: 'predict' }, metrics, log, () => told());
    served.push(new ServedPrediction(manifest!, settings, spawn, new DrainService(), observer));
    served.at(-1)!.start();
  });
  metrics.stop();
  return served.at(-1)!;
}

describe('a broken folder', () => {
  const known = [...Object.keys({ ...refused, ...unloadable, ...warned }), 'locale-missing'];

  it('is known here, whatever its fault', () => {
    expect(brokenCases.map((one) => one.case).filter((name) => !known.includes(name))).toEqual([]);
  });

  const present = (name: string) => brokenCases.some((one) => one.case === name);

  it.each(Object.entries(refused).filter(([name]) => present(name)))('is refused: %s', async (name, words) => {
    expect(await read(name)).toEqual({ manifest: null, words: expect.stringMatching(words) });
  });

  describe.skipIf(!built)('at the engine', () => {
    it.each(Object.entries(unloadable).filter(([name]) => present(name)))(
      'cannot be loaded: %s',
      async (name, words) => {
        const model = await load(name);
        expect(model.health).toMatchObject({ state: 'failed', reason: expect.stringMatching(words) });
      },
    );

    it.skipIf(!present('locale-missing'))('depends on the machine: locale-missing', async () => {
      const { state, reason } = (await load('locale-missing')).health;
      expect(state === 'ready' ? 'loads' : reason).toMatch(state === 'ready' ? /loads/ : LOCALE);
    });

    it.each(Object.entries(warned).filter(([name]) => present(name)))('is served: %s', async (name, words) => {
      const model = await load(name);
      expect(model.state).toBe('ready');
      const warnings = model.manifest.warnings.map(describeDiagnosis);
      expect(warnings).toEqual(words === null ? [] : [expect.stringMatching(words)]);
    });
  });
});

describe.skipIf(!built || brokenCases.length === 0)('a request that ends the engine', () => {
  const int32 = (name: string, ...values: number[]): NamedValue => ({
    name,
    value: { kind: 'tensor', dtype: 'int32', shape: [values.length], data: Int32Array.from(values) },
  });
  const open = () => new AbortController().signal;
  const divide = (model: ServedPrediction, a: number, b: number) =>
    model.run([int32('a', a), int32('b', b)], null, open());

  it('fails, its neighbours are answered, and the model goes on', async () => {
    // Joined with others, the division takes the runtime's vector path, which does not trap.
    const model = await load('int-div-zero', 'off');
    await expect(divide(model, 1, 0)).rejects.toMatchObject({ code: 'invalid_value' });
    expect(model.health.restarts).toBe(0);

    const neighbours = [6, 9, 12].map((a) => divide(model, a, 3));
    const poison = divide(model, -2_147_483_648, -1);
    neighbours.push(divide(model, 15, 3));
    await expect(poison).rejects.toMatchObject({
      code: 'request_crashed_engine',
      message: expect.stringContaining('SIGFPE'),
    });
    const answers = await Promise.all(neighbours);
    expect(answers.map(({ outputs: [{ value }] }) => value.kind === 'tensor' && [...value.data])).toEqual([
      [2],
      [3],
      [4],
      [5],
    ]);
    expect(model.inFlight).toBe(0);
    await divide(model, 8, 2);
    expect(model.health.restarts).toBe(2);
  });
});

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { insideTensor, onnxModel, outsideTensor } from '../../../test/support/onnx-bytes.js';
import { readCatalog } from './catalog.js';
import { describeDiagnosis, type PredictManifest } from './manifest.js';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'predict-'))));
afterEach(() => rmSync(root, { recursive: true }));

const MODEL = onnxModel([insideTensor('w', Buffer.alloc(16))]);

function write(files: Record<string, string | Buffer>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
}

/** Of the only folder there is, with its warnings in words. */
async function manifest(): Promise<PredictManifest & { words: string[] }> {
  const { manifests, diagnoses } = await readCatalog(root);
  expect(diagnoses).toEqual([]);
  const [only] = manifests as PredictManifest[];
  return { ...only, words: only.warnings.map(describeDiagnosis) };
}

async function diagnosis(): Promise<string> {
  const { manifests, diagnoses } = await readCatalog(root);
  expect(manifests).toEqual([]);
  expect(diagnoses).toHaveLength(1);
  return describeDiagnosis(diagnoses[0]);
}

const sum = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('a folder with one ONNX file', () => {
  it('becomes a manifest', async () => {
    write({ 'net.onnx': MODEL });
    expect(await manifest()).toEqual({
      task: 'predict',
      id: basename(root),
      name: basename(root),
      version: null,
      folder: root,
      modelFile: join(root, 'net.onnx'),
      sizeBytes: MODEL.length,
      created: expect.any(Number),
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      labels: null,
      preprocessor: null,
      warnings: [],
      words: [],
    });
  });

  it('is called by its package', async () => {
    write({ 'model.onnx': MODEL, 'inference_model.json': '{"Name": "digits:3"}' });
    expect(await manifest()).toMatchObject({ id: 'digits:3', name: 'digits', version: '3' });
  });

  it('brings its preprocessing as it stands', async () => {
    write({ 'model.onnx': MODEL, 'preprocessor_config.json': '{"size": {"height": 48}, "strange": [1]}' });
    expect((await manifest()).preprocessor).toEqual({ size: { height: 48 }, strange: [1] });
  });

  it('brings labels from config.json, else from labels.txt', async () => {
    write({ 'model.onnx': MODEL, 'labels.txt': '\uFEFFcat \r\n\r\ndog\r\n\r\n' });
    expect(await manifest()).toMatchObject({ labels: ['cat', '', 'dog'], labelsFile: 'labels.txt' });
    write({ 'config.json': '{"id2label": {"1": "b", "0": "a"}}' });
    expect(await manifest()).toMatchObject({ labels: ['a', 'b'], labelsFile: 'config.json' });
    write({ 'config.json': '{"model_type": "x"}' });
    expect(await manifest()).toMatchObject({ labelsFile: 'labels.txt' });
  });
});

describe('a damaged companion file', () => {
  it.each<[what: string, files: Record<string, string | Buffer>, words: RegExp]>([
    ['JSON', { 'config.json': '{"id2label":{"0":"a",}}' }, /^config.json: it is not valid JSON/],
    ['a gap', { 'config.json': '{"id2label":{"0":"a","2":"c"}}' }, /^config.json: id2label: .*none with the number 1/],
    ['a number', { 'config.json': '{"id2label":{"0":7}}' }, /^config.json: id2label.0: expected a name/],
    ['a list', { 'config.json': '{"id2label":["a"]}' }, /^config.json: id2label: expected names by class number/],
    ['no text', { 'labels.txt': Buffer.of(0xff, 0xfe) }, /^labels.txt: it is not UTF-8/],
    ['nothing', { 'labels.txt': '' }, /^labels.txt: it is empty/],
    ['no object', { 'preprocessor_config.json': '[1]' }, /^preprocessor_config.json: expected an object/],
  ])('is a warning: %s', async (_, files, words) => {
    write({ 'model.onnx': MODEL, ...files });
    expect(await manifest()).toMatchObject({
      labels: null,
      preprocessor: null,
      words: [expect.stringMatching(words)],
    });
  });

  it('leaves the next one to be read', async () => {
    write({ 'model.onnx': MODEL, 'config.json': '{', 'labels.txt': 'a\nb' });
    expect(await manifest()).toMatchObject({ labels: ['a', 'b'], words: [expect.stringMatching(/^config.json/)] });
  });

  it('is never read outside the folder', async () => {
    write({ 'model.onnx': MODEL });
    symlinkSync('/etc/hostname', join(root, 'labels.txt'));
    expect(await manifest()).toMatchObject({
      labels: null,
      words: [expect.stringMatching(/^labels.txt: it is a symbolic link that leaves .*\(to "\/etc\/hostname"\)/)],
    });
  });
});

describe('several ONNX files', () => {
  it('are refused by name', async () => {
    write({ 'encoder.onnx': MODEL, 'decoder.onnx': MODEL });
    expect(await diagnosis()).toMatch(
      /there are 2 .onnx files \(decoder.onnx, encoder.onnx\) and no model.onnx: which one to serve is unclear/,
    );
  });

  it('leave model.onnx to be served, with a warning', async () => {
    write({ 'model.onnx': MODEL, 'other.onnx': MODEL });
    expect(await manifest()).toMatchObject({
      modelFile: join(root, 'model.onnx'),
      words: [expect.stringMatching(/beside it lie other .onnx files \(other.onnx\)/)],
    });
  });
});

describe('a file of checksums', () => {
  it.each(['CHECKSUM.txt', 'SHA256SUMS'])('is believed: %s', async (list) => {
    write({
      'model.onnx': MODEL,
      [list]: `${sum(MODEL).toUpperCase()} *model.onnx\n${'0'.repeat(64)}  elsewhere.onnx\n`,
    });
    expect((await manifest()).words).toEqual([]);
    const damaged = Buffer.from(MODEL);
    damaged[damaged.length - 8] ^= 1;
    write({ [list]: `${sum(damaged)}  model.onnx\n` });
    expect(await diagnosis()).toMatch(new RegExp(`^model.onnx: its SHA-256 is not the one that ${list} gives`));
  });

  it('counts for external weights too', async () => {
    write({
      'model.onnx': onnxModel([outsideTensor({ name: 'w', location: 'weights.bin' })]),
      'weights.bin': Buffer.alloc(16),
      'sha256sum.txt': `${sum(Buffer.alloc(16, 1))}  weights.bin`,
    });
    expect(await diagnosis()).toMatch(/^weights.bin: its SHA-256/);
  });
});

it('says how much of a file is there', async () => {
  write({ 'model.onnx': MODEL.subarray(0, 20) });
  expect(await diagnosis()).toMatch(
    /^model.onnx: it is cut off \(20 of at least \d+ bytes\): not a complete ONNX file/,
  );
});

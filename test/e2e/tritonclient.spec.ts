/** NVIDIA's Python client for the Open Inference Protocol, unmodified, against the built server and real models. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_KEY, RunningServer } from '../support/running-server.js';

const MODELS = resolve('../shared/models/predict');
/** One engine process each: only what the checks use. */
const DTYPES = ['float32', 'float64', 'int8', 'int64', 'uint32', 'uint64', 'bool', 'string'];
const python = process.env['TRITON_PYTHON'] ?? (existsSync('.venv/bin/python') ? '.venv/bin/python' : 'python3');
const hasClient = spawnSync(python, ['-c', 'import tritonclient.http']).status === 0;
const hasModels = existsSync(`${MODELS}/digits-cnn/model.onnx`);

if (!hasClient)
  console.log(`The tritonclient tests are skipped: ${python} has no module tritonclient[http]; see TRITON_PYTHON.`);
if (!hasModels) console.log(`The tritonclient tests are skipped: ${MODELS} is absent.`);

describe.skipIf(!hasClient || !hasModels)('tritonclient', () => {
  let server: RunningServer;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ingot-triton-'));
    for (const name of ['digits-cnn', ...DTYPES.map((dtype) => `identity-${dtype}`)]) {
      cpSync(join(MODELS, name), join(folder, name), { recursive: true });
    }
    server = await RunningServer.start({ MODEL_PATH: folder });
    await server.ready();
  }, 120_000);

  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(['server', 'numbers', 'not_finite', 'strings', 'image', 'options', 'errors'])('agrees on %s', (check) => {
    const run = spawnSync(
      python,
      ['test/support/tritonclient_check.py', server.baseUrl.slice('http://'.length), API_KEY, check],
      {
        encoding: 'utf8',
      },
    );
    expect(run.stderr).toBe('');
    expect(run.status).toBe(0);
  });
});

/**
 * That the variable we insist on does what we insist on it for, in the very library we load. In a process of its own:
 * the library reads the variable when it makes its environment.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { libraryPath } from './library.js';

/** Makes an environment as `environment.ts` does, then leaves time for whatever happens behind it. */
const SCRIPT = `
  import koffi from 'koffi';
  const library = koffi.load(${JSON.stringify(libraryPath())});
  const base = library.func('OrtGetApiBase', 'void *', [])();
  const api = koffi.decode(koffi.decode(base, 'void *'), koffi.proto('void *', ['uint32_t']))(30);
  const [, , , createEnv] = koffi.decode(api, koffi.array('void *', 4));
  const out = [null];
  koffi.decode(createEnv, koffi.proto('void *', ['int', 'str', koffi.out(koffi.pointer('void *'))]))(3, 'test', out);
  if (out[0] === null) throw new Error('no environment');
  setTimeout(() => console.log(library !== null), 200);
`;

it.runIf(process.platform === 'linux')('no telemetry file results when ORT_DISABLE_TELEMETRY is 1', () => {
  const home = mkdtempSync(join(tmpdir(), 'telemetry-'));
  const { PATH } = process.env;
  const env = { PATH, HOME: home, TMPDIR: home, ORT_DISABLE_TELEMETRY: '1' };
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', SCRIPT], { env, encoding: 'utf8' });
  expect(child.stderr).toBe('');
  expect(child.status).toBe(0);
  // Without the variable: a database under HOME and a log beside the other temporary files.
  expect(readdirSync(home)).toEqual([]);
  rmSync(home, { recursive: true });
});

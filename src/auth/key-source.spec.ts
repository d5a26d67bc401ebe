import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileKeySource, generatedKeySource, interpretKeyFile } from './key-source.js';

describe('interpretKeyFile', () => {
  const read = (text: string) => interpretKeyFile(Buffer.from(text, 'latin1'));

  it.each([
    ['key', 'key'],
    ['key\n', 'key'],
    ['\r\n key \t\r\n', 'key'],
    ['~!"#$%&/()=?', '~!"#$%&/()=?'],
    ['k'.repeat(512), 'k'.repeat(512)],
  ])('takes %j for the key %j', (text, value) => {
    expect(read(text)).toEqual({ state: 'key', value });
  });

  it.each(['', ' ', '\n', '\r\n\t '])('takes %j for a slot that is off', (text) => {
    expect(read(text)).toEqual({ state: 'disabled' });
  });

  it.each([
    'a b',
    'a\nb',
    'a\0',
    'schlüssel',
    '\u00ef\u00bb\u00bfkey',
    'k'.repeat(513),
    'k'.repeat(4097),
    ' '.repeat(4097),
  ])('takes no key from %j', (text) => {
    expect(read(text)).toEqual({ state: 'unusable', why: expect.any(String) });
  });
});

describe('fileKeySource', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ingot-key-source-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('reads both slots', async () => {
    await writeFile(join(folder, 'primary-key'), 'one\n');
    expect(await fileKeySource(folder).read()).toEqual({
      primary: { state: 'key', value: 'one' },
      secondary: { state: 'missing' },
    });
  });

  it('finds nothing in a folder that is not there, or is a file', async () => {
    const missing = { primary: { state: 'missing' }, secondary: { state: 'missing' } };
    expect(await fileKeySource(join(folder, 'nowhere')).read()).toEqual(missing);
    await writeFile(join(folder, 'file'), 'x');
    expect(await fileKeySource(join(folder, 'file')).read()).toEqual(missing);
  });

  it('follows the links that a mounted Secret is made of, also when they are swapped', async () => {
    for (const version of ['v1', 'v2']) {
      await mkdir(join(folder, version));
      await writeFile(join(folder, version, 'primary-key'), `key-${version}`);
    }
    await symlink('v1', join(folder, '..data'));
    await symlink('..data/primary-key', join(folder, 'primary-key'));
    const source = fileKeySource(folder);
    expect((await source.read()).primary).toEqual({ state: 'key', value: 'key-v1' });
    await symlink('v2', join(folder, '..tmp'));
    await rename(join(folder, '..tmp'), join(folder, '..data'));
    expect((await source.read()).primary).toEqual({ state: 'key', value: 'key-v2' });
  });

  it('neither waits for a pipe nor reads a device or a folder', async () => {
    execFileSync('mkfifo', [join(folder, 'primary-key')]);
    await symlink('/dev/zero', join(folder, 'secondary-key'));
    const unusable = { state: 'unusable', why: 'it is not a file' };
    expect(await fileKeySource(folder).read()).toEqual({ primary: unusable, secondary: unusable });
    await rm(join(folder, 'primary-key'));
    await mkdir(join(folder, 'primary-key'));
    expect((await fileKeySource(folder).read()).primary).toEqual(unusable);
  });
});

describe('generatedKeySource', () => {
  it('makes a key of its own each time, and gives it as the primary one', async () => {
    const source = generatedKeySource();
    expect(source.generatedKey).toMatch(/^fndry-pk-[0-9a-f]{8}-[0-9a-f-]{27}$/);
    expect((await source.read()).primary).toEqual({ state: 'key', value: source.generatedKey });
    expect(generatedKeySource().generatedKey).not.toBe(source.generatedKey);
  });
});

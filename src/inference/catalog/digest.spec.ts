import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestFiles } from './digest.js';
import { folderEntries } from './folder-entries.js';

const MIB = 1024 * 1024;

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'digest-')));
  writeFileSync(join(folder, 'a.json'), '{}');
  sparseFile('weights', 20 * MIB);
});
afterEach(() => rmSync(folder, { recursive: true }));

const digest = async () => digestFiles(await folderEntries(folder));

function sparseFile(name: string, sizeBytes: number): void {
  const file = openSync(join(folder, name), 'w');
  ftruncateSync(file, sizeBytes);
  closeSync(file);
}

function change(name: string, position: number, bytes = 1): void {
  const file = openSync(join(folder, name), 'r+');
  writeSync(file, Buffer.alloc(bytes, 1), 0, bytes, position);
  closeSync(file);
}

describe('digestFiles', () => {
  it('is the same for the same files', async () => {
    expect(await digest()).toBe(await digest());
    expect(await digest()).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['content', () => writeFileSync(join(folder, 'a.json'), '[]')],
    ['a name', () => writeFileSync(join(folder, 'b.json'), '{}')],
    ['the size of weights', () => sparseFile('weights', 20 * MIB + 1)],
    ['the first byte of weights', () => change('weights', 0)],
    ['the last byte of weights', () => change('weights', 20 * MIB - 1)],
    ['a part of the weights', () => change('weights', 7 * MIB, MIB)],
  ])('changes with %s', async (_, edit) => {
    const before = await digest();
    edit();
    expect(await digest()).not.toBe(before);
  });
});

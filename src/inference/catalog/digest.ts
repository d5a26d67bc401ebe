/**
 * A fingerprint of a folder's files: names, sizes and contents; of large files only sampled blocks, so that a model of
 * many gigabytes is done in a moment. It notices another model or an unfinished copy; it is no proof against tampering.
 */
import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import type { FolderEntry } from './folder-entries.js';

const WHOLE_UP_TO_BYTES = 4 * 1024 * 1024;
const BLOCK_BYTES = 16 * 1024;
/** The first and the last one lie at the ends of the file. */
const BLOCKS = 64;

/**
 * @param entries sorted by name
 * @returns hex SHA-256
 */
export async function digestFiles(entries: FolderEntry[]): Promise<string> {
  const hash = createHash('sha256');
  for (const { name, path, sizeBytes } of entries) {
    hash.update(`${name}\0${sizeBytes}\0`);
    if (sizeBytes <= WHOLE_UP_TO_BYTES) hash.update(await readFile(path));
    else for await (const block of sampledBlocks(path, sizeBytes)) hash.update(block);
  }
  return hash.digest('hex');
}

async function* sampledBlocks(path: string, sizeBytes: number): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r');
  try {
    for (let i = 0; i < BLOCKS; i += 1) {
      const position = Math.floor(((sizeBytes - BLOCK_BYTES) * i) / (BLOCKS - 1));
      const { buffer, bytesRead } = await file.read(Buffer.alloc(BLOCK_BYTES), 0, BLOCK_BYTES, position);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/**
 * A tokenizer.json on disk → a `Tokenizer`, read once per file: the catalog tries it, then the model's front takes it.
 */
import { readFile, stat } from 'node:fs/promises';
import { AppError } from '../../common/errors/app-error.js';
import type { ChatManifest } from '../catalog/manifest.js';
import { LibraryTokenizer } from './library-tokenizer.js';
import type { Tokenizer } from './tokenizer.js';

/** Tokenizers never change, and a served model needs its own until the service ends. */
const read = new Map<string, Promise<LibraryTokenizer>>();

/** @throws AppError `model_failed` naming the file: it is no tokenizer that this service can run */
export async function loadTokenizer(manifest: Pick<ChatManifest, 'tokenizerFile'>): Promise<Tokenizer> {
  try {
    return await readTokenizer(manifest.tokenizerFile);
  } catch (error) {
    throw new AppError('model_failed', `${manifest.tokenizerFile} ${(error as Error).message}.`, { cause: error });
  }
}

/** @throws UnusableTokenizer, or the file system's error */
export async function readTokenizer(path: string): Promise<LibraryTokenizer> {
  const { size, mtimeMs } = await stat(path);
  const key = `${path}\n${size}\n${mtimeMs}`;
  let tokenizer = read.get(key);
  if (tokenizer === undefined) {
    tokenizer = readFile(path, 'utf8').then((text) => new LibraryTokenizer(text));
    read.set(key, tokenizer);
    tokenizer.catch(() => read.delete(key));
  }
  return tokenizer;
}

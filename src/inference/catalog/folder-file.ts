/**
 * Files of one model folder, looked up so that nothing outside the folder is ever read: relative names, no `..`, no
 * symbolic link that leaves. It does not know what the files mean.
 */
import { lstat, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import type { z } from 'zod';
import { FolderProblem } from './folder-problem.js';

/** Where a name was read, for the diagnosis. */
export interface NamedBy {
  file: string;
  field: string;
}

const COPY_AGAIN = 'Copy or download the model again';

export class ModelFolder {
  /** @param path absolute, with all symbolic links resolved */
  constructor(readonly path: string) {}

  /**
   * @param name relative to the folder, with forward slashes
   * @returns the absolute path and size of a regular file, not empty
   * @throws FolderProblem
   */
  async file(name: string, namedBy?: NamedBy): Promise<{ path: string; sizeBytes: number }> {
    if (isAbsolute(name) || /^[A-Za-z]:|\\/.test(name) || name.split('/').includes('..')) {
      throw new FolderProblem(
        namedBy?.file ?? name,
        namedBy?.field ?? null,
        `the path "${name}" leaves the model folder`,
        'Use a path relative to the folder, without ".."',
      );
    }
    const path = join(this.path, name);
    const real = await this.resolve(name, path, namedBy);
    const found = await stat(real);
    if (found.isDirectory()) throw new FolderProblem(name, null, 'it is a folder, not a file', COPY_AGAIN);
    if (!found.isFile()) throw new FolderProblem(name, null, 'it is not a regular file', COPY_AGAIN);
    if (found.size === 0) {
      throw new FolderProblem(name, null, 'it is empty (0 bytes): the download or copy did not finish', COPY_AGAIN);
    }
    return { path, sizeBytes: found.size };
  }

  /** Whether anything of that name is there, be it a dangling link. */
  async has(name: string): Promise<boolean> {
    return lstat(join(this.path, name)).then(
      () => true,
      () => false,
    );
  }

  async text(name: string): Promise<string> {
    const { path } = await this.file(name);
    const bytes = await readFile(path);
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      throw new FolderProblem(name, null, 'it is not UTF-8 text', COPY_AGAIN);
    }
  }

  /** @throws FolderProblem naming the first field that does not fit */
  async json<T>(name: string, schema: z.ZodType<T>): Promise<T> {
    return parseJson(name, await this.text(name), schema);
  }

  private async resolve(name: string, path: string, namedBy?: NamedBy): Promise<string> {
    let real: string;
    try {
      real = await realpath(path);
    } catch (error) {
      throw missing(name, (error as NodeJS.ErrnoException).code, await isLink(path), namedBy);
    }
    const inside = relative(this.path, real);
    if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
      throw new FolderProblem(
        name,
        null,
        `it is a symbolic link that leaves the model folder${await linkTarget(path)}`,
        'Put the file itself into the folder',
      );
    }
    return real;
  }
}

/** @throws FolderProblem */
function parseJson<T>(name: string, text: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const words = `it is not valid JSON (${(error as Error).message})`;
    throw new FolderProblem(name, null, words, `${COPY_AGAIN}, or correct the file`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue.path.join('.');
  throw new FolderProblem(
    name,
    field === '' ? null : field,
    issue.message,
    'Correct the file or export the model again',
  );
}

function missing(name: string, code: string | undefined, link: boolean, namedBy?: NamedBy): FolderProblem {
  if (code === 'ELOOP') return new FolderProblem(name, null, 'it is a symbolic link that points to itself', COPY_AGAIN);
  if (code === 'EACCES') {
    return new FolderProblem(name, null, 'it may not be read', 'Give the service read access to the folder');
  }
  if (link) {
    return new FolderProblem(name, null, 'it is a symbolic link to a file that does not exist', COPY_AGAIN);
  }
  return namedBy === undefined
    ? new FolderProblem(name, null, 'it is missing', COPY_AGAIN)
    : new FolderProblem(namedBy.file, namedBy.field, `it names "${name}", which is not in the folder`, COPY_AGAIN);
}

async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
}

/** Where a link points to, as it is written; nothing when it is a folder above that is the link. */
async function linkTarget(path: string): Promise<string> {
  return readlink(path).then(
    (target) => ` (to "${target}")`,
    () => '',
  );
}

/**
 * A file beside the model that helps but is not needed: a damaged one becomes a warning, and the model is served without it.
 */
import { basename } from 'node:path';
import type { ModelFolder } from './folder-file.js';
import { FolderProblem } from './folder-problem.js';
import type { Diagnosis } from './manifest.js';

/** @returns null when the file is not there or cannot be used; the latter is added to `warnings` */
export async function companion<T>(
  folder: ModelFolder,
  name: string,
  warnings: Diagnosis[],
  read: (folder: ModelFolder) => Promise<T | null>,
): Promise<T | null> {
  if (!(await folder.has(name))) return null;
  try {
    return await read(folder);
  } catch (error) {
    if (!(error instanceof FolderProblem)) throw error;
    warnings.push(warning(folder, error));
    return null;
  }
}

/** What a problem says about a model that is served all the same. */
export function warning(folder: ModelFolder, { file, field, problem, fix }: FolderProblem): Diagnosis {
  return { folder: folder.path, id: basename(folder.path), file, field, problem, fix };
}

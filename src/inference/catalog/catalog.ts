/**
 * MODEL_PATH → what can be served, and why the rest cannot. Reads, never writes; starts nothing.
 */
import { basename, resolve } from 'node:path';
import { readChatFolder } from './chat-folder.js';
import { FolderProblem } from './folder-problem.js';
import { GENAI_CONFIG } from './genai-config.js';
import type { Diagnosis, Manifest } from './manifest.js';
import { findModelFolders, type FoundFolder } from './model-folders.js';
import { noModel, unfinishedDownload } from './other-folder.js';
import { holdsOnnx, readPredictFolder } from './predict-folder.js';

export interface Catalog {
  /** By name, then version. */
  manifests: Manifest[];
  /** By folder. */
  diagnoses: Diagnosis[];
}

/**
 * @param modelPath one model folder, or a folder of them at any depth up to five
 * @returns a folder at fault becomes a diagnosis, also MODEL_PATH itself; it does not throw for what is on disk
 */
export async function readCatalog(modelPath: string): Promise<Catalog> {
  const root = resolve(modelPath);
  let folders: FoundFolder[];
  try {
    folders = await findModelFolders(root);
  } catch (error) {
    return { manifests: [], diagnoses: [diagnose(root, unreadableRoot(error))] };
  }
  const manifests: Manifest[] = [];
  const diagnoses: Diagnosis[] = [];
  for (const folder of folders) {
    try {
      const manifest = await readFolder(folder);
      refuseSecond(manifest, manifests);
      manifests.push(Object.freeze(manifest));
    } catch (error) {
      diagnoses.push(diagnose(folder.path, asProblem(error)));
    }
  }
  return { manifests: manifests.sort(byNameAndVersion), diagnoses };
}

async function readFolder({ path, names, unreadable }: FoundFolder): Promise<Manifest> {
  if (unreadable !== undefined) throw unreadable;
  const unfinished = unfinishedDownload(names);
  if (unfinished !== null) throw unfinished;
  if (names.includes(GENAI_CONFIG)) return readChatFolder(path);
  if (holdsOnnx(names)) return readPredictFolder(path, names);
  throw noModel(names);
}

function refuseSecond(manifest: Manifest, earlier: Manifest[]): void {
  const first = earlier.find((other) => other.id === manifest.id);
  if (first === undefined) return;
  throw new FolderProblem(
    null,
    null,
    `another folder already serves the id "${manifest.id}": ${first.folder}`,
    'Remove one of the two or give it another name',
  );
}

function diagnose(folder: string, { file, field, problem, fix }: FolderProblem): Diagnosis {
  return { folder, id: basename(folder), file, field, problem, fix };
}

/** Whatever goes wrong with one folder must not keep the others from being served. */
function asProblem(error: unknown): FolderProblem {
  if (error instanceof FolderProblem) return error;
  const words = error instanceof Error ? error.message : String(error);
  return new FolderProblem(null, null, `it cannot be read (${words})`, 'Check the folder and its permissions');
}

function unreadableRoot(error: unknown): FolderProblem {
  const code = (error as NodeJS.ErrnoException).code;
  const fix = 'Set MODEL_PATH to a model folder, or to a folder of model folders';
  const problem =
    code === 'ENOENT'
      ? 'it does not exist'
      : code === 'ENOTDIR'
        ? 'it is a file, not a folder'
        : (error as Error).message;
  return new FolderProblem(null, 'MODEL_PATH', problem, fix);
}

function byNameAndVersion(a: Manifest, b: Manifest): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return (a.version ?? '').localeCompare(b.version ?? '', 'en', { numeric: true });
}

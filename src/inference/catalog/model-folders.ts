/**
 * Finds model folders under MODEL_PATH: the folder itself, its children, or variants below publishers, as model
 * managers lay them out. A folder with anything of a model in it is one; below it nothing more is looked for.
 */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemEntry } from './folder-entries.js';

/** MODEL_PATH/publisher/model/variant/version, and one to spare. */
const MAX_DEPTH = 5;
/** Also `model.onnx.part` and folders that are called like a file. */
const MODEL_SIGN =
  /\.(onnx|ort|safetensors|gguf|bin|pt|pth)(\.|_|$)|\.(part|partial|incomplete|crdownload|aria2)$|^download\.tmp$|^(genai_config|config|inference_model|tokenizer|tokenizer_config)\.json$/i;

export interface FoundFolder {
  /** Absolute, links resolved. */
  path: string;
  /** Names directly inside, hidden ones left out, sorted. */
  names: string[];
  /** The file system's error where it could not be listed. */
  unreadable?: unknown;
}

/**
 * @param root absolute
 * @returns in order of their paths; folders without any sign of a model only where nothing lies below them
 * @throws the file system's error when `root` cannot be read
 */
export async function findModelFolders(root: string): Promise<FoundFolder[]> {
  const found: FoundFolder[] = [];
  await search(await realpath(root), 0, new Set(), found);
  return found;
}

async function search(path: string, depth: number, seen: Set<string>, found: FoundFolder[]): Promise<void> {
  if (seen.has(path)) return;
  seen.add(path);
  const names = (await readdir(path)).filter((name) => !isSystemEntry(name)).sort();
  const below = names.some((name) => MODEL_SIGN.test(name)) ? [] : await folders(path, names);
  if (below.length === 0) found.push({ path, names });
  else if (depth < MAX_DEPTH) {
    for (const folder of below) {
      // One that may not be read must not hide its neighbours.
      await search(folder, depth + 1, seen, found).catch((error: unknown) =>
        found.push({ path: folder, names: [], unreadable: error }),
      );
    }
  }
}

async function folders(path: string, names: string[]): Promise<string[]> {
  const real = await Promise.all(
    names.map(async (name) => {
      const target = await realpath(join(path, name)).catch(() => null);
      return target !== null && (await stat(target)).isDirectory() ? target : null;
    }),
  );
  return real.filter((target) => target !== null);
}

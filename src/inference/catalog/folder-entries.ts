/** All files of a model folder, for its size, age and fingerprint. Hidden ones and links that leave are not its own. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

export interface FolderEntry {
  /** Relative, with forward slashes. */
  name: string;
  path: string;
  sizeBytes: number;
  modifiedMs: number;
}

/** A model's files lie in it or a level or two below; deeper folders are something else. */
const MAX_DEPTH = 4;

/** Hidden, or what a file system keeps at the root of a volume, where nobody else may look into it. */
export function isSystemEntry(name: string): boolean {
  return name.startsWith('.') || name === 'lost+found';
}

/** @returns regular files, sorted by name */
export async function folderEntries(folder: string): Promise<FolderEntry[]> {
  const found: FolderEntry[] = [];
  await collect(folder, '', 0, found);
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function collect(folder: string, below: string, depth: number, found: FolderEntry[]): Promise<void> {
  for (const name of await readdir(join(folder, below))) {
    if (isSystemEntry(name)) continue;
    const relative = below === '' ? name : `${below}/${name}`;
    const path = join(folder, relative);
    const real = await realpath(path).catch(() => null);
    if (real === null || !real.startsWith(folder + sep)) continue;
    const info = await stat(real);
    if (info.isDirectory() && depth < MAX_DEPTH) await collect(folder, relative, depth + 1, found);
    else if (info.isFile()) found.push({ name: relative, path, sizeBytes: info.size, modifiedMs: info.mtimeMs });
  }
}

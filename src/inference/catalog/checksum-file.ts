/**
 * A list of SHA-256 sums beside a model, as `sha256sum` writes it: the only way to notice weights that were damaged without a
 * trace. It is checked where it is there; nobody has to write one.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { ModelFolder } from './folder-file.js';
import { FolderProblem } from './folder-problem.js';

const SUM_FILE = /^(checksums?|sha256sums?)(\.txt)?$/i;
/** Sum, blank or star, name. */
const LINE = /^([0-9a-f]{64}) [ *](.+)$/i;

/**
 * @param names what the folder holds directly; sums of files that are not among them are no concern here
 * @throws FolderProblem naming the first file that is not what its sum says
 */
export async function refuseWrongChecksum(folder: ModelFolder, names: readonly string[]): Promise<void> {
  for (const list of names.filter((name) => SUM_FILE.test(name))) {
    for (const line of (await folder.text(list)).split(/\r?\n/)) {
      const [, sum, name] = LINE.exec(line.trim()) ?? [];
      if (sum !== undefined && names.includes(name)) await refuseUnless(folder, name, sum.toLowerCase(), list);
    }
  }
}

async function refuseUnless(folder: ModelFolder, name: string, sum: string, list: string): Promise<void> {
  const { path } = await folder.file(name);
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  if (hash.digest('hex') === sum) return;
  throw new FolderProblem(
    name,
    null,
    `its SHA-256 is not the one that ${list} gives: its bytes have changed, and its answers would be wrong`,
    `Copy or download the model again; if the file is right, correct ${list}`,
  );
}

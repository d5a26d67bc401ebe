/** The broken model folders of `../shared/models/predict/broken`, each made whole in a place where it may have links. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const BROKEN = resolve('../shared/models/predict/broken');

export const hasBrokenFolders = existsSync(`${BROKEN}/cases.json`);

if (!hasBrokenFolders) console.log(`Broken folders are not tested: ${BROKEN} is absent.`);

export interface BrokenCase {
  case: string;
  /** Links by name; a case that has this and no folder of its own is an empty folder. */
  create?: Record<string, string>;
}

export const brokenCases: BrokenCase[] = hasBrokenFolders
  ? (JSON.parse(readFileSync(`${BROKEN}/cases.json`, 'utf8')) as { cases: BrokenCase[] }).cases
  : [];

/** @returns the folder of the case under `root`; what its links point to lies beside it */
export function makeBrokenFolder(root: string, { case: name, create = {} }: BrokenCase): string {
  if (!existsSync(join(root, '_outside'))) copyFolder(`${BROKEN}/_outside`, join(root, '_outside'));
  const folder = join(root, name);
  if (existsSync(`${BROKEN}/${name}`)) copyFolder(`${BROKEN}/${name}`, folder);
  else mkdirSync(folder);
  for (const [link, target] of Object.entries(create)) symlinkSync(target, join(folder, link));
  return folder;
}

/** Contents only: the originals may be read-only, folders included. */
function copyFolder(from: string, to: string): void {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyFolder(source, target);
    else writeFileSync(target, readFileSync(source));
  }
}

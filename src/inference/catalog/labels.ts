/**
 * The names of a model's classes: `id2label` in `config.json`, else the lines of `labels.txt`; and whether they fit the
 * graph. It does not know how scores become classes.
 */
import { z } from 'zod';
import type { ValueSignature } from '../../engine/protocol.js';
import { companion } from './companion-file.js';
import type { ModelFolder } from './folder-file.js';
import { FolderProblem } from './folder-problem.js';
import type { Diagnosis, PredictManifest } from './manifest.js';

const CONFIG = 'config.json';
const LABELS = 'labels.txt';

export interface Labels {
  names: string[];
  file: string;
}

const config = z.looseObject({
  id2label: z
    .record(z.string(), z.string('expected a name for each class'), 'expected names by class number')
    .nullish(),
});

/** @param warnings gets a diagnosis for each file that cannot be used; the next one is then tried */
export async function readLabels(folder: ModelFolder, warnings: Diagnosis[]): Promise<Labels | null> {
  return (
    (await companion(folder, CONFIG, warnings, fromConfig)) ?? (await companion(folder, LABELS, warnings, fromLines))
  );
}

async function fromConfig(folder: ModelFolder): Promise<Labels | null> {
  const { id2label } = await folder.json(CONFIG, config);
  if (id2label === null || id2label === undefined) return null;
  const count = Object.keys(id2label).length;
  const names = Array.from({ length: count }, (_, index) => id2label[index]);
  const gap = names.indexOf(undefined as unknown as string);
  if (gap !== -1) {
    throw new FolderProblem(
      CONFIG,
      'id2label',
      `it names ${count} classes, but none with the number ${gap}`,
      'Number the classes from 0 without a gap',
    );
  }
  return count === 0 ? null : { names, file: CONFIG };
}

/** One line a class, in their order; an empty line at the end is none. */
async function fromLines(folder: ModelFolder): Promise<Labels | null> {
  const text = await folder.text(LABELS);
  const names = text.split(/\r\n|\n|\r/).map((line) => line.trim());
  while (names.at(-1) === '') names.pop();
  return names.length === 0 ? null : { names, file: LABELS };
}

/**
 * Takes labels away that cannot be the model's: a wrong name is worse than a number.
 * @param outputs as the graph declares them. @returns the manifest itself when nothing speaks against its labels
 */
export function withFittingLabels(manifest: PredictManifest, outputs: readonly ValueSignature[]): PredictManifest {
  const { labels, labelsFile } = manifest;
  if (labels === null || labelsFile === undefined) return manifest;
  const classes = classCounts(outputs);
  if (classes.length === 0 || classes.includes(labels.length)) return manifest;
  const { folder, id } = manifest;
  const [count, named] =
    labelsFile === LABELS ? [`${labels.length} lines`, null] : [`${labels.length} classes`, 'id2label'];
  const warning: Diagnosis = {
    folder,
    id,
    file: labelsFile,
    field: named,
    problem: `it has ${count}, but the model gives ${classes.join(' or ')} classes; its labels are not used`,
    fix: 'Put in one label for each class, in the order of the classes',
  };
  return Object.freeze({ ...manifest, labels: null, warnings: [...manifest.warnings, warning] });
}

/** Sizes of the last axis of outputs that look like scores: numbers with one or two axes. One score is no list of classes. */
function classCounts(outputs: readonly ValueSignature[]): number[] {
  const scores = outputs.filter(({ dtype }) => dtype?.startsWith('float'));
  const sizes = scores.flatMap(({ shape }) => (shape !== null && shape.length <= 2 ? (shape.at(-1) ?? []) : []));
  return [...new Set(sizes.filter((size) => typeof size === 'number' && size > 1))] as number[];
}

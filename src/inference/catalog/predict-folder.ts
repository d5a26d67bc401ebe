/**
 * One folder with an ONNX file and no `genai_config.json` → a predict manifest, or a `FolderProblem`. It loads no weights
 * and does not know the graph's inputs: the engine tells them.
 */
import { z } from 'zod';
import { refuseWrongChecksum } from './checksum-file.js';
import { companion, warning } from './companion-file.js';
import { digestFiles } from './digest.js';
import { folderEntries } from './folder-entries.js';
import { ModelFolder } from './folder-file.js';
import { FolderProblem } from './folder-problem.js';
import { folderName, readInferenceModel } from './inference-model.js';
import { readLabels } from './labels.js';
import type { Diagnosis, PredictManifest } from './manifest.js';
import { refuseBrokenWeights } from './model-file.js';

const ONNX = /\.onnx$/i;
const MODEL_FILE = 'model.onnx';
const PREPROCESSOR = 'preprocessor_config.json';

/** @param names what the folder holds directly */
export function holdsOnnx(names: readonly string[]): boolean {
  return names.some((name) => ONNX.test(name));
}

/**
 * @param path absolute, links resolved
 * @param names what the folder holds directly, an ONNX file among them
 * @throws FolderProblem
 */
export async function readPredictFolder(path: string, names: readonly string[]): Promise<PredictManifest> {
  const folder = new ModelFolder(path);
  const warnings: Diagnosis[] = [];
  const file = chooseModelFile(folder, names, warnings);
  const { path: modelFile } = await folder.file(file);
  await refuseBrokenWeights(folder, file);
  await refuseWrongChecksum(folder, names);
  const { name } = await readInferenceModel(folder);
  const labels = await readLabels(folder, warnings);
  const preprocessor = await companion(folder, PREPROCESSOR, warnings, () =>
    folder.json(PREPROCESSOR, z.record(z.string(), z.unknown(), 'expected an object')),
  );
  const entries = await folderEntries(path);
  return {
    task: 'predict',
    ...(name ?? folderName(path)),
    folder: path,
    modelFile,
    sizeBytes: entries.reduce((sum, entry) => sum + entry.sizeBytes, 0),
    created: Math.floor(Math.max(...entries.map((entry) => entry.modifiedMs)) / 1000),
    digest: await digestFiles(entries),
    labels: labels && labels.names,
    ...(labels && { labelsFile: labels.file }),
    preprocessor,
    warnings,
  };
}

function chooseModelFile(folder: ModelFolder, names: readonly string[], warnings: Diagnosis[]): string {
  const found = names.filter((name) => ONNX.test(name));
  if (found.length === 1) return found[0];
  const others = found.filter((name) => name !== MODEL_FILE);
  if (others.length === found.length) {
    throw new FolderProblem(
      null,
      null,
      `there are ${found.length} .onnx files (${found.join(', ')}) and no ${MODEL_FILE}: which one to serve is unclear`,
      `Name the one to serve ${MODEL_FILE}, or give each a folder of its own`,
    );
  }
  const beside = new FolderProblem(
    null,
    null,
    `${MODEL_FILE} is served; beside it lie other .onnx files (${others.join(', ')})`,
    'Give each model a folder of its own',
  );
  warnings.push(warning(folder, beside));
  return MODEL_FILE;
}

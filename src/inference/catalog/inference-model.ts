/**
 * `inference_model.json`, the small file that Foundry Local's downloader writes beside a package: the model's id and,
 * in older packages, literal prompt fragments.
 */
import { basename } from 'node:path';
import { z } from 'zod';
import type { ModelFolder } from './folder-file.js';
import { promptFragments, type PromptFragments } from './genai-config.js';

export const INFERENCE_MODEL = 'inference_model.json';

const schema = z.looseObject({
  Name: z.string().nullish(),
  PromptTemplate: promptFragments.nullish(),
});

export interface ModelName {
  id: string;
  name: string;
  version: string | null;
}

/** @returns nothing but nulls when the folder has no such file */
export async function readInferenceModel(
  folder: ModelFolder,
): Promise<{ name: ModelName | null; fragments: PromptFragments | null }> {
  if (!(await folder.has(INFERENCE_MODEL))) return { name: null, fragments: null };
  const file = await folder.json(INFERENCE_MODEL, schema);
  const given = file.Name?.trim() ?? '';
  return { name: given === '' ? null : parseModelName(given), fragments: file.PromptTemplate ?? null };
}

/** `phi-4-mini:3` → name and version; Foundry Local reads a missing version as 0. */
export function parseModelName(given: string): ModelName {
  const at = given.lastIndexOf(':');
  const name = at > 0 ? given.slice(0, at) : given;
  const version = at > 0 && at + 1 < given.length ? given.slice(at + 1) : '0';
  return { id: `${name}:${version}`, name, version };
}

/** For a folder whose files give no name. */
export function folderName(path: string): ModelName {
  return { id: basename(path), name: basename(path), version: null };
}

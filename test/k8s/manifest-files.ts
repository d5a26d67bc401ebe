/** Reads `k8s/`: the base as plain files, an overlay as kubectl renders it. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import type { Manifest } from './schema-check.js';

export const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

export interface Kustomization {
  apiVersion: string;
  kind: string;
  resources: string[];
  patches?: { path: string }[];
}

export function readKustomization(folder: string): Kustomization {
  return parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')) as Kustomization;
}

/** The objects of the files that a kustomization names as resources. */
export function readResources(folder: string): Manifest[] {
  return readKustomization(folder).resources.flatMap((file) => objects(readFileSync(join(folder, file), 'utf8')));
}

export function render(folder: string): Manifest[] {
  const { status, stdout, stderr } = spawnSync('kubectl', ['kustomize', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`kubectl kustomize ${folder}: ${stderr}`);
  return objects(stdout);
}

/** YAML files of a folder other than its kustomization. */
export function yamlFiles(folder: string): string[] {
  return readdirSync(folder).filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml');
}

function objects(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS() as Manifest;
  });
}

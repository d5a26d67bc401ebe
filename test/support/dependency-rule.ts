/**
 * The dependency rule of the house as arithmetic over import lists: who may import whom. It reads no files.
 */
import { posix } from 'node:path';

/** Paths relative to `src/`, with `.ts`. */
export interface SourceFile {
  path: string;
  /** Relative imports resolved to paths under `src/`, and package names as they are. */
  imports: string[];
}

/** The rooms; `docs` is the one that shows the others' documents. */
const ROOMS = ['auth', 'health', 'model', 'chat', 'docs', 'audio', 'predict'];

const ENGINE_ALLOWED_OUTSIDE = ['common/errors/app-error.ts'];
const INFERENCE_ALLOWED_OF_ENGINE = ['engine/protocol.ts'];
/** Inside the engine: each may import those to its right, and its own files. */
const ENGINE_LAYERS: Record<string, string[]> = {
  generation: ['ort', 'onnx', 'sampling', 'grammar'],
  speech: ['ort', 'onnx', 'sampling'],
  tensors: ['ort', 'onnx'],
  sampling: ['grammar'],
  grammar: [],
  ort: [],
  onnx: [],
};
/** A file without one of these suffixes is plain TypeScript: no Nest in it. `server.ts` and its like assemble. */
const NEST_SUFFIX =
  /\.(controller|service|module|guard|strategy|filter|decorator|health|middleware|interceptor|pipe)\.ts$/;

export function violations(files: SourceFile[]): string[] {
  return files.flatMap((file) => file.imports.flatMap((target) => judge(file.path, target)));
}

function judge(from: string, to: string): string[] {
  const room = from.split('/')[0];
  const target = to.split('/')[0];
  const broken = (why: string) => [`${from} → ${to}: ${why}`];
  if (!to.endsWith('.ts')) return [];
  if (room === 'common' && target !== 'common') return broken('common/ imports nothing of ours');
  if (room === 'engine') return judgeEngine(from, to, broken);
  if (room === 'inference') {
    if (target === 'engine' && !INFERENCE_ALLOWED_OF_ENGINE.includes(to)) return broken('of engine/, only protocol.ts');
    if (ROOMS.includes(target)) return broken('inference/ knows no room');
  }
  if (ROOMS.includes(room)) {
    if (target === 'engine') return broken('a room speaks to inference/, never to the engine');
    if (ROOMS.includes(target) && target !== room) return broken('rooms never import one another');
    if (target === 'inference' && !isFront(to)) return broken('of inference/, only its front files');
  }
  return [];
}

/** The front: files of `inference/` itself that rooms may know, the manifest's and the tokenizer's shapes, diagnosis words. */
function isFront(path: string): boolean {
  return [
    'inference/inference.module.ts',
    'inference/inference.service.ts',
    'inference/language-model.ts',
    'inference/prediction-model.ts',
    'inference/model-directory.ts',
    'inference/generation.ts',
    'inference/catalog/manifest.ts',
    'inference/tokenizer/tokenizer.ts',
  ].includes(path);
}

function judgeEngine(from: string, to: string, broken: (why: string) => string[]): string[] {
  if (ENGINE_ALLOWED_OUTSIDE.includes(to)) return [];
  if (!to.startsWith('engine/')) return broken('the engine imports nothing outside itself but the error class');
  const layer = from.split('/').length > 2 ? from.split('/')[1] : 'main';
  const target = to.split('/').length > 2 ? to.split('/')[1] : 'top';
  if (layer === 'main' || layer === target || to === 'engine/protocol.ts') return [];
  return (ENGINE_LAYERS[layer] ?? []).includes(target)
    ? []
    : broken(`engine/${layer} does not build on engine/${target}`);
}

/** Plain files that import Nest. */
export function nestInPlainFiles(files: SourceFile[], assembling: string[]): string[] {
  return files
    .filter((file) => !NEST_SUFFIX.test(file.path) && !assembling.includes(file.path))
    .filter((file) => file.imports.some((name) => name.startsWith('@nestjs/')))
    .map((file) => `${file.path} imports Nest without a suffix that says so`);
}

/** `./x.js` seen from `from`, as a path under `src/`. */
export function resolveImport(from: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
}

/**
 * Why a folder without `genai_config.json` is no chat model: a download under way, broken files, another format.
 */
import { ModelFolder } from './folder-file.js';
import { FolderProblem } from './folder-problem.js';
import { GENAI_CONFIG } from './genai-config.js';
import { refuseBrokenWeights } from './model-file.js';

const UNFINISHED = /\.(part|partial|incomplete|crdownload|aria2)$/i;
const OTHER_WEIGHTS = /\.(safetensors|gguf|bin|pt|pth)$/i;
const ONNX = /\.onnx$/i;

/** A file that a download tool leaves until it is done, or null. `names`: what the folder holds directly. */
export function unfinishedDownload(names: string[]): FolderProblem | null {
  const file = names.includes('download.tmp')
    ? 'download.tmp'
    : names.find((name) => UNFINISHED.test(name) && !names.includes(name.replace(UNFINISHED, '')));
  if (file === undefined) return null;
  return new FolderProblem(
    file,
    null,
    'the download has not finished',
    'Wait for it to end or download the model again',
  );
}

/**
 * @param names what the folder holds directly
 * @throws FolderProblem for a broken ONNX file: that comes before the question what the model is for
 */
export async function noChatModel(path: string, names: string[]): Promise<FolderProblem> {
  const folder = new ModelFolder(path);
  for (const name of names) if (ONNX.test(name)) await refuseBrokenWeights(folder, name);
  return withoutConfig(names);
}

function withoutConfig(names: string[]): FolderProblem {
  const missing = `this folder holds no chat model: ${GENAI_CONFIG} is missing`;
  const onnx = names.find((name) => ONNX.test(name));
  if (onnx !== undefined) {
    const fix = `To serve it as a chat model, export it with onnxruntime-genai's model builder, which writes ${GENAI_CONFIG} and the tokenizer's files beside ${onnx}`;
    return new FolderProblem(null, null, missing, fix);
  }
  const weights = names.find((name) => OTHER_WEIGHTS.test(name));
  if (weights !== undefined) {
    return new FolderProblem(
      weights,
      null,
      'these weights are not in ONNX format',
      "Export the model with onnxruntime-genai's model builder",
    );
  }
  if (names.length === 0) {
    return new FolderProblem(null, null, 'the folder is empty', 'Put a model into it or remove it');
  }
  const only = names.length <= 3 ? ` (only ${names.join(', ')})` : '';
  return new FolderProblem(null, null, `the folder holds no model file${only}`, 'Put a model into it or remove it');
}

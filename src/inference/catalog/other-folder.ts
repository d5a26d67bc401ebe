/**
 * Why a folder without `genai_config.json` and without an ONNX file is no model: a download under way, another format.
 */
import { FolderProblem } from './folder-problem.js';

const UNFINISHED = /\.(part|partial|incomplete|crdownload|aria2)$/i;
const OTHER_WEIGHTS = /\.(safetensors|gguf|ort|bin|pt|pth)$/i;

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

/** @param names what the folder holds directly, no ONNX file among them */
export function noModel(names: string[]): FolderProblem {
  const weights = names.find((name) => OTHER_WEIGHTS.test(name));
  if (weights !== undefined) {
    return new FolderProblem(
      weights,
      null,
      'these weights are not in ONNX format',
      "Export the model to ONNX first: a text model for chat with onnxruntime-genai's model builder, any other as model.onnx",
    );
  }
  if (names.length === 0) {
    return new FolderProblem(null, null, 'the folder is empty', 'Put a model into it or remove it');
  }
  const only = names.length <= 3 ? ` (only ${names.join(', ')})` : '';
  return new FolderProblem(null, null, `the folder holds no model file${only}`, 'Put a model into it or remove it');
}

/**
 * An ONNX file with the weight files it refers to: are they there, inside the folder, and long enough?
 */
import { dirname, join } from 'node:path/posix';
import type { ModelFolder } from './folder-file.js';
import { FolderProblem } from './folder-problem.js';
import { externalTensors, MalformedOnnx, type ExternalTensor } from './onnx-external-data.js';

const COPY_AGAIN = 'Copy or download the model again';

/** @param name of the ONNX file, relative to the folder. @throws FolderProblem */
export async function refuseBrokenWeights(folder: ModelFolder, name: string): Promise<void> {
  const { path } = await folder.file(name);
  const sizes = new Map<string, number>();
  for (const tensor of tensorsOf(name, path)) {
    const location = tensor.location;
    let size = sizes.get(location);
    if (size === undefined) {
      size = await weightFileSize(folder, name, tensor);
      sizes.set(location, size);
    }
    const end = tensor.offset + (tensor.length ?? 0);
    if (end > size || tensor.offset > size) throw tooShort(join(dirname(name), location), tensor, size, end);
  }
}

function tensorsOf(name: string, path: string): ExternalTensor[] {
  try {
    return externalTensors(path);
  } catch (error) {
    if (!(error instanceof MalformedOnnx)) throw error;
    throw new FolderProblem(name, null, error.message, COPY_AGAIN);
  }
}

async function weightFileSize(folder: ModelFolder, name: string, tensor: ExternalTensor): Promise<number> {
  const field = `external data of "${tensor.tensor}"`;
  if (tensor.location === '') {
    throw new FolderProblem(name, field, 'it names no file', 'Export the model again');
  }
  // `join` would resolve a "..", so the location is judged as it stands first.
  const beside = dirname(name) === '.' ? tensor.location : `${dirname(name)}/${tensor.location}`;
  return (await folder.file(beside, { file: name, field })).sizeBytes;
}

function tooShort(file: string, tensor: ExternalTensor, size: number, end: number): FolderProblem {
  const problem =
    tensor.offset >= size
      ? `the offset ${tensor.offset} of the weight "${tensor.tensor}" lies beyond its end (${size} bytes)`
      : `it is cut off: the weight "${tensor.tensor}" ends at byte ${end}, the file at ${size}`;
  return new FolderProblem(file, null, problem, COPY_AGAIN);
}

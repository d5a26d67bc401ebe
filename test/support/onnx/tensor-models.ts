/**
 * One-shot models in a few bytes, each with one trait: for specs of values, batching and loading.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PredictOptions } from '../../../src/engine/protocol.js';
import type { ElementType } from '../../../src/engine/ort/element-type.js';
import { writeModel, type ModelParts } from './onnx-writer.js';

export const PREDICT_OPTIONS: PredictOptions = {
  provider: 'cpu',
  threads: 1,
  batching: 'auto',
  maxBatch: 8,
  maxDelayMs: 0,
  maxOutputBytes: 1 << 20,
};

/** `y = x`, of any type and rank. */
export function identity(type: ElementType): ModelParts {
  return {
    nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
    inputs: [{ name: 'x', type, shape: [], unranked: true }],
    outputs: [{ name: 'y', type, shape: [], unranked: true }],
  };
}

/** A classifier's scores as scikit-learn's exports give them: a list of tables, one a row. */
export function zipMap(labels: string[] | number[]): ModelParts {
  const texts = typeof labels[0] === 'string';
  const attributes = texts ? { classlabels_strings: { texts: labels as string[] } } : { classlabels_int64s: labels };
  return {
    nodes: [
      { op: 'ZipMap', domain: 'ai.onnx.ml', inputs: ['x'], outputs: ['scores'], attributes: attributes as never },
    ],
    inputs: [{ name: 'x', type: 'float32', shape: ['n', labels.length] }],
    outputs: [{ name: 'scores', type: 'float32', shape: [], map: texts ? 'string' : 'int64', sequence: true }],
  };
}

/** Takes a list of vectors and gives it back, with them joined. */
export const SEQUENCE: ModelParts = {
  nodes: [
    { op: 'Identity', inputs: ['parts'], outputs: ['same'] },
    { op: 'ConcatFromSequence', inputs: ['parts'], outputs: ['whole'], attributes: { axis: 0 } },
  ],
  inputs: [{ name: 'parts', type: 'float32', shape: ['n'], sequence: true }],
  outputs: [
    { name: 'same', type: 'float32', shape: ['n'], sequence: true },
    { name: 'whole', type: 'float32', shape: ['m'] },
  ],
};

/** `y = x * scale`; the scale has a default that a request may override. */
export const SCALED: ModelParts = {
  nodes: [{ op: 'Mul', inputs: ['x', 'scale'], outputs: ['y'] }],
  inputs: [
    { name: 'x', type: 'float32', shape: ['n', 2] },
    { name: 'scale', type: 'float32', shape: [1] },
  ],
  outputs: [{ name: 'y', type: 'float32', shape: ['n', 2] }],
  constants: [{ name: 'scale', type: 'float32', dims: [1], values: Float32Array.of(2) }],
};

/** `y = a / b` in int32: a zero is an error of the run, and the lowest number by -1 ends the process. */
export const DIVISION: ModelParts = {
  nodes: [{ op: 'Div', inputs: ['a', 'b'], outputs: ['y'] }],
  inputs: [
    { name: 'a', type: 'int32', shape: ['n'] },
    { name: 'b', type: 'int32', shape: ['n'] },
  ],
  outputs: [{ name: 'y', type: 'int32', shape: ['n'] }],
};

/** Each row divided by the sum over all rows: what a row gets depends on its company. */
export const SHARES: ModelParts = {
  nodes: [
    { op: 'ReduceSum', inputs: ['x', 'axis'], outputs: ['sum'], attributes: { keepdims: 1 } },
    { op: 'Div', inputs: ['x', 'sum'], outputs: ['y'] },
  ],
  inputs: [{ name: 'x', type: 'float32', shape: ['n', 3] }],
  outputs: [{ name: 'y', type: 'float32', shape: ['n', 3] }],
  constants: [{ name: 'axis', type: 'int64', dims: [1], values: BigInt64Array.of(0n) }],
};

/** The first row of what comes: an output that does not divide into the rows that went in. */
export const FIRST_ROW: ModelParts = {
  nodes: [{ op: 'Slice', inputs: ['x', 'from', 'to'], outputs: ['y'] }],
  inputs: [{ name: 'x', type: 'float32', shape: ['n', 3] }],
  outputs: [{ name: 'y', type: 'float32', shape: ['n', 3] }],
  constants: [
    { name: 'from', type: 'int64', dims: [1], values: BigInt64Array.of(0n) },
    { name: 'to', type: 'int64', dims: [1], values: BigInt64Array.of(1n) },
  ],
};

/** A tensor of the shape that is asked for. */
export const OF_SHAPE: ModelParts = {
  nodes: [{ op: 'ConstantOfShape', inputs: ['shape'], outputs: ['y'] }],
  inputs: [{ name: 'shape', type: 'int64', shape: ['rank'] }],
  outputs: [{ name: 'y', type: 'float32', shape: [], unranked: true }],
};

export interface ModelFile {
  file: string;
  remove: () => void;
}

export function modelFile(parts: ModelParts | Uint8Array): ModelFile {
  const folder = mkdtempSync(join(tmpdir(), 'tensor-model-'));
  const file = join(folder, 'model.onnx');
  writeFileSync(file, parts instanceof Uint8Array ? parts : writeModel(parts));
  return { file, remove: () => rmSync(folder, { recursive: true }) };
}

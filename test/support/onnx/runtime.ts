/**
 * ONNX Runtime for specs: one environment, tiny sessions from written models, tensors over given numbers.
 */
import { openEnvironment } from '../../../src/engine/ort/environment.js';
import { Session } from '../../../src/engine/ort/session.js';
import { SessionOptions } from '../../../src/engine/ort/session-options.js';
import { Tensor } from '../../../src/engine/ort/tensor.js';
import { writeModel, type ModelParts } from './onnx-writer.js';

process.env.ORT_DISABLE_TELEMETRY = '1';

export const environment = openEnvironment(process.env.ORT_DISABLE_TELEMETRY);

export async function openSession(model: ModelParts | Uint8Array, intraOpThreads = 1): Promise<Session> {
  const options = new SessionOptions(environment, { intraOpThreads });
  try {
    const bytes = model instanceof Uint8Array ? model : writeModel(model);
    return await Session.fromBytes(environment, bytes, '.', options);
  } finally {
    options.dispose();
  }
}

export function floats(values: Float32Array, shape: number[] = [values.length]): Tensor {
  return new Tensor(environment, values, 'float32', shape);
}

export function int64s(values: readonly number[], shape: number[] = [values.length]): Tensor {
  return new Tensor(environment, BigInt64Array.from(values, BigInt), 'int64', shape);
}

/** `y = a + b`, over vectors of any length. */
export const ADDITION: ModelParts = {
  nodes: [{ op: 'Add', inputs: ['a', 'b'], outputs: ['y'] }],
  inputs: [
    { name: 'a', type: 'float32', shape: ['n'] },
    { name: 'b', type: 'float32', shape: ['n'] },
  ],
  outputs: [{ name: 'y', type: 'float32', shape: ['n'] }],
};

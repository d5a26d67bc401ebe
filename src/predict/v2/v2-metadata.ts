/** Server and model as the protocol's metadata shows them. */
import { z } from 'zod';
import type { PredictionModel, ValueSignature } from '../../inference/prediction-model.js';
import { DATATYPE_NAMES, datatypeOf } from './datatypes.js';

export const ServerMetadata = z
  .object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) })
  .meta({ id: 'ServerMetadata' });

export type ServerMetadata = z.output<typeof ServerMetadata>;

const TensorMetadata = z.object({
  name: z.string(),
  datatype: z.enum(DATATYPE_NAMES),
  shape: z.array(z.int()).describe('-1: a free axis.'),
  parameters: z
    .object({ onnx_type: z.string(), content_type: z.literal('application/json') })
    .optional()
    .describe('Of lists and maps, which travel as JSON texts.'),
});

export const ModelMetadata = z
  .object({
    name: z.string(),
    versions: z.array(z.string()),
    platform: z.string(),
    inputs: z.array(TensorMetadata),
    outputs: z.array(TensorMetadata),
  })
  .meta({ id: 'ModelMetadata' });

export type ModelMetadata = z.output<typeof ModelMetadata>;

export const SERVER_METADATA: ServerMetadata = {
  name: 'ingot',
  version: '2',
  extensions: ['binary_tensor_data', 'classification'],
};

/** What a model without a version of its own is called. */
const ONLY_VERSION = '1';

export function versionOf({ manifest }: PredictionModel): string {
  return manifest.version ?? ONLY_VERSION;
}

export function modelMetadata(
  model: PredictionModel,
  { inputs, outputs }: { inputs: ValueSignature[]; outputs: ValueSignature[] },
): ModelMetadata {
  return {
    name: model.manifest.name,
    versions: [versionOf(model)],
    platform: 'onnxruntime_onnx',
    inputs: inputs.map(tensorMetadata),
    outputs: outputs.map(tensorMetadata),
  };
}

function tensorMetadata(signature: ValueSignature): ModelMetadata['inputs'][number] {
  const { name, type, shape } = signature;
  const isTensor = type.startsWith('tensor');
  return {
    name,
    datatype: datatypeOf(signature),
    shape: isTensor && shape !== null ? shape.map((axis) => (typeof axis === 'number' ? axis : -1)) : [-1],
    ...(isTensor ? {} : { parameters: { onnx_type: type, content_type: 'application/json' as const } }),
  };
}

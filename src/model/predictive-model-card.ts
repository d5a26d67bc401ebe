/**
 * A one-shot model's card: the shape that callers of the predictive server know (`input_shape`, `outputs`, `batch_size`),
 * and everything else its file and its load tell.
 */
import { z } from 'zod';
import type { TaskCapabilities } from '../common/capabilities/capabilities.service.js';
import type { PredictLoadReport, PredictionModel, ValueSignature } from '../inference/prediction-model.js';
import { Capabilities, EXECUTION_PROVIDERS, ModelEntry, modelEntry } from './model-card.js';

const Shape = z
  .array(z.union([z.int(), z.string()]).nullable())
  .nullable()
  .describe('A name or null is a free axis; null in place of the list: the rank is free too.');

const Output = z.object({
  name: z.string(),
  shape: Shape,
  type: z.string().describe('As ONNX writes it, e.g. tensor(float).'),
  dtype: z.string().nullable().describe('Element type; null for what is no tensor.'),
});

const Input = Output.extend({ optional: z.boolean().describe('Whether the graph holds a default.') });

const Warning = z.object({
  file: z.string().nullable(),
  field: z.string().nullable(),
  problem: z.string(),
  fix: z.string(),
});

export const PredictiveModelCard = z
  .object({
    ...ModelEntry.shape,
    version: z.string().nullable(),
    type: z.literal('predictive'),
    task: z.literal('predict'),
    input_shape: Shape.describe('Of the first input.'),
    inputs: z.array(Input).nullable(),
    outputs: z.array(Output).nullable(),
    batch_size: z.int().nullable().describe('Rows that one run may join; 1 where requests are never joined.'),
    batching: z.object({ enabled: z.boolean(), reason: z.string() }).nullable(),
    execution_provider: z.enum(['CPUExecutionProvider', 'CUDAExecutionProvider']).nullable(),
    execution_provider_reason: z.string().nullable(),
    runtime_version: z.string().nullable(),
    opset: z.int().nullable().describe('Of the standard operators.'),
    opsets: z.record(z.string(), z.int()).nullable().describe('By operator domain; ai.onnx is the standard one.'),
    ir_version: z.int().nullable(),
    producer: z.object({ name: z.string(), version: z.string() }).nullable(),
    graph: z
      .object({ name: z.string(), description: z.string(), domain: z.string(), model_version: z.string() })
      .nullable(),
    metadata: z.record(z.string(), z.string()).nullable().describe('The custom metadata of the file.'),
    labels: z.array(z.string()).nullable().describe('Names of the classes, in their order.'),
    size_bytes: z.int(),
    digest: z.string().describe('SHA-256 over the model’s files.'),
    warnings: z.array(Warning),
    capabilities: Capabilities.nullable(),
  })
  .meta({ id: 'PredictiveModelCard' });

export type PredictiveModelCard = z.output<typeof PredictiveModelCard>;

/** @param maxBatch rows that one run may join where requests are joined at all */
export function predictiveModelCard(
  model: PredictionModel,
  capabilities: TaskCapabilities | null,
  maxBatch: number,
): PredictiveModelCard {
  const { manifest, report } = model;
  return {
    ...modelEntry(model),
    version: manifest.version,
    type: 'predictive',
    task: manifest.task,
    input_shape: report?.inputs[0]?.shape ?? null,
    inputs: report && report.inputs.map((input) => ({ ...described(input), optional: input.optional })),
    outputs: report && report.outputs.map(described),
    batch_size: report && (report.batching.enabled ? maxBatch : 1),
    batching: report && report.batching,
    execution_provider: report && EXECUTION_PROVIDERS[report.provider],
    execution_provider_reason: report && report.providerReason,
    runtime_version: report && report.runtimeVersion,
    ...graphFacts(report),
    labels: manifest.labels,
    size_bytes: manifest.sizeBytes,
    digest: manifest.digest,
    warnings: manifest.warnings.map(({ file, field, problem, fix }) => ({ file, field, problem, fix })),
    capabilities,
  };
}

function graphFacts(report: PredictLoadReport | null) {
  if (report === null) {
    return { opset: null, opsets: null, ir_version: null, producer: null, graph: null, metadata: null };
  }
  const { graph } = report;
  // The standard domain is the empty string in a file; ONNX itself calls it ai.onnx.
  const opsets = Object.fromEntries(
    Object.entries(graph.opsets).map(([domain, opset]) => [domain === '' ? 'ai.onnx' : domain, opset]),
  );
  return {
    opset: opsets['ai.onnx'] ?? null,
    opsets,
    ir_version: graph.irVersion,
    producer: { name: graph.producer, version: graph.producerVersion },
    graph: {
      name: graph.name,
      description: graph.description,
      domain: graph.domain,
      model_version: graph.modelVersion,
    },
    metadata: graph.custom,
  };
}

function described({ name, shape, type, dtype }: ValueSignature) {
  return { name, shape, type, dtype };
}

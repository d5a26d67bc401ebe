/**
 * A served model as clients see it: the short OpenAI entry of `/v1/models`, and a language model's full card of
 * `/v1/model`.
 *
 * It does not know how a model is loaded or run.
 */
import { z } from 'zod';
import type { TaskCapabilities } from '../common/capabilities/capabilities.service.js';
import type { LanguageModel } from '../inference/language-model.js';
import { isLanguageModel, type AnyModel } from '../inference/model-directory.js';

export const EXECUTION_PROVIDERS = { cpu: 'CPUExecutionProvider', cuda: 'CUDAExecutionProvider' } as const;

export const ModelEntry = z
  .object({
    id: z.string(),
    object: z.literal('model'),
    created: z.int().describe('Seconds since the epoch: the newest of the model’s files.'),
    owned_by: z.string(),
    name: z.string(),
    status: z.enum(['loaded', 'loading', 'restarting', 'failed']),
    max_model_len: z.int().nullable().describe('Tokens of prompt and answer together; null where there are none.'),
  })
  .meta({ id: 'Model' });

export type ModelEntry = z.output<typeof ModelEntry>;

export const ModelList = z.object({ object: z.literal('list'), data: z.array(ModelEntry) }).meta({ id: 'ModelList' });

export type ModelList = z.output<typeof ModelList>;

export const Capabilities = z.object({
  endpoints: z.array(z.string()),
  parameters: z.object({
    honoured: z.array(z.string()),
    accepted_without_effect: z.array(z.string()),
    refused: z.array(z.string()),
  }),
});

export const ModelCard = z
  .object({
    ...ModelEntry.shape,
    version: z.string().nullable(),
    type: z.literal('generative'),
    task: z.literal('chat'),
    execution_provider: z.enum(['CPUExecutionProvider', 'CUDAExecutionProvider']).nullable(),
    execution_provider_reason: z.string().nullable(),
    runtime_version: z.string().nullable(),
    batch_size: z.int().nullable().describe('Sequences decoded together.'),
    context_length: z.int().describe('Tokens the model was made for.'),
    capacity: z.int().describe('Tokens one sequence may hold here, prompt and answer together.'),
    vocab_size: z.int(),
    architecture: z.string(),
    size_bytes: z.int(),
    digest: z.string().describe('SHA-256 over the model’s files.'),
    fingerprint: z.string(),
    chat_template: z.string().nullable().describe('File the chat template came from.'),
    defaults: z.object({
      temperature: z.number(),
      top_p: z.number(),
      top_k: z.int(),
      repetition_penalty: z.number(),
    }),
    capabilities: Capabilities.nullable(),
  })
  .meta({ id: 'ModelCard' });

export type ModelCard = z.output<typeof ModelCard>;

export function modelEntry(model: AnyModel): ModelEntry {
  const { id, name, created } = model.manifest;
  return {
    id,
    object: 'model',
    created,
    owned_by: 'ingot',
    name,
    status: model.state === 'ready' ? 'loaded' : model.state,
    max_model_len: isLanguageModel(model) ? model.capacity : null,
  };
}

export function modelCard(model: LanguageModel, capabilities: TaskCapabilities | null): ModelCard {
  const { manifest, report } = model;
  const { search } = manifest;
  return {
    ...modelEntry(model),
    version: manifest.version,
    type: 'generative',
    task: manifest.task,
    execution_provider: report && EXECUTION_PROVIDERS[report.provider],
    execution_provider_reason: report && report.providerReason,
    runtime_version: report && report.runtimeVersion,
    batch_size: report && report.slots,
    context_length: manifest.contextLength,
    capacity: model.capacity,
    vocab_size: manifest.decoder.vocabSize,
    architecture: manifest.modelType,
    size_bytes: manifest.sizeBytes,
    digest: manifest.digest,
    fingerprint: model.fingerprint,
    chat_template: manifest.chatTemplate && manifest.chatTemplate.file,
    defaults: {
      temperature: search.doSample ? search.temperature : 0,
      top_p: search.topP,
      top_k: search.topK,
      repetition_penalty: search.repetitionPenalty,
    },
    capabilities,
  };
}

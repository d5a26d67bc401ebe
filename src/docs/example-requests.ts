/**
 * Requests that work as they stand for the models that are loaded now: what "try it out" sends.
 *
 * It does not know the document they are put in.
 */
import type { LanguageModel } from '../inference/language-model.js';

export interface ExampleRequest {
  method: 'post';
  path: string;
  /** Name → summary and body, as an OpenAPI media type has them. */
  examples: Record<string, { summary: string; value: unknown }>;
}

/** Models that can answer come first; without any, the id is a placeholder. */
export function exampleRequests(models: readonly LanguageModel[]): ExampleRequest[] {
  const model = models.find((candidate) => candidate.state === 'ready') ?? models[0];
  return [chatExample(model?.manifest.id ?? 'model-id')];
}

function chatExample(model: string): ExampleRequest {
  const messages = [
    { role: 'system', content: 'You are a helpful assistant.' },
    { role: 'user', content: 'What is the capital of France?' },
  ];
  const body = { model, messages, temperature: 0, max_tokens: 100 };
  return {
    method: 'post',
    path: '/v1/chat/completions',
    examples: {
      answer: { summary: 'One answer', value: body },
      stream: {
        summary: 'The same, streamed',
        value: { ...body, stream: true, stream_options: { include_usage: true } },
      },
    },
  };
}

/**
 * From a checked request to a running generation: model, prompt, parameters. It does not know HTTP.
 */
import { Injectable } from '@nestjs/common';
import { InferenceService } from '../inference/inference.service.js';
import type { TextEvent } from '../inference/generation.js';
import type { LanguageModel } from '../inference/language-model.js';
import { promptIds } from './prompt.js';
import type { ChatCompletionRequest } from './request/chat-request.js';
import { cacheScope, refuseUnknownTokens, textRequest } from './request/text-request.js';

export interface RunningChat {
  model: LanguageModel;
  events: AsyncIterable<TextEvent>;
}

@Injectable()
export class ChatService {
  constructor(private readonly inference: InferenceService) {}

  /**
   * @param caller who asks: cached prompt rows are never shared between callers
   * @throws AppError `model_not_found`, `invalid_value`, `unsupported_workload`; later, from the events, what `LanguageModel.generate` names
   */
  async start(body: ChatCompletionRequest, caller: string, signal: AbortSignal): Promise<RunningChat> {
    const model = this.inference.model(body.model ?? undefined);
    refuseUnknownTokens(body, model.manifest.decoder.vocabSize);
    const prompt = await promptIds(model, body.messages);
    signal.throwIfAborted();
    const request = textRequest(body, prompt, model.manifest.search, cacheScope(caller, body));
    return { model, events: model.generate(request, signal) };
  }
}

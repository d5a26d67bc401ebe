/**
 * The served models, found by id or name and by what they are for. It starts nothing and knows no engine.
 */
import { AppError } from '../common/errors/app-error.js';
import type { LanguageModel } from './language-model.js';
import type { PredictionModel } from './prediction-model.js';

export type AnyModel = LanguageModel | PredictionModel;

/** What a caller who asked for the wrong kind of work should call instead. */
const ENDPOINTS = { chat: '/v1/chat/completions', predict: '/v1/predict' } as const;

type Task = keyof typeof ENDPOINTS;

export function isLanguageModel(model: AnyModel): model is LanguageModel {
  return model.manifest.task === 'chat';
}

export function isPredictionModel(model: AnyModel): model is PredictionModel {
  return model.manifest.task === 'predict';
}

export class ModelDirectory {
  /** @param all in the order in which they are listed */
  constructor(readonly all: readonly AnyModel[]) {}

  languageModels(): LanguageModel[] {
    return this.all.filter(isLanguageModel);
  }

  predictionModels(): PredictionModel[] {
    return this.all.filter(isPredictionModel);
  }

  /**
   * @param id a model's id or name; the first model when undefined
   * @throws AppError `model_not_found`
   */
  any(id?: string): AnyModel {
    const found = find(this.all, id);
    if (found) return found;
    throw this.notFound(id === undefined ? 'No model is loaded' : `The model "${id}" is not served here`);
  }

  /** @throws AppError `model_not_found`; `unsupported_workload` for a model that does other work */
  languageModel(id?: string): LanguageModel {
    return find(this.languageModels(), id) ?? this.refuse('chat', id);
  }

  /** @throws AppError `model_not_found`; `unsupported_workload` for a model that does other work */
  predictionModel(id?: string): PredictionModel {
    return find(this.predictionModels(), id) ?? this.refuse('predict', id);
  }

  private refuse(wanted: Task, id: string | undefined): never {
    if (id === undefined && this.all.length > 0) {
      throw this.notFound(`No model for ${ENDPOINTS[wanted]} is loaded`);
    }
    const { task } = this.any(id).manifest;
    throw new AppError(
      'unsupported_workload',
      `The model "${id}" is for ${ENDPOINTS[task]}, not for ${ENDPOINTS[wanted]}.`,
      { param: 'model' },
    );
  }

  private notFound(words: string): AppError {
    const served = this.all.map(({ manifest }) => `"${manifest.id}"`).join(', ');
    return new AppError('model_not_found', `${words}${served === '' ? '.' : `; served: ${served}.`}`, {
      param: 'model',
    });
  }
}

/** An id counts before a name. */
function find<Model extends AnyModel>(models: readonly Model[], id: string | undefined): Model | undefined {
  if (id === undefined) return models[0];
  return models.find(({ manifest }) => manifest.id === id) ?? models.find(({ manifest }) => manifest.name === id);
}

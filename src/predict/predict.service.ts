/**
 * From a checked request to its answer: every item is read, checked, run and written by itself, all of them together, so
 * that the engine can join their runs. It does not know HTTP.
 */
import { Inject, Injectable } from '@nestjs/common';
import { setMaxListeners } from 'node:events';
import { CONFIG, type Config } from '../common/config/config.js';
import { AppError } from '../common/errors/app-error.js';
import { InferenceService } from '../inference/inference.service.js';
import type { PredictionModel, PredictLoadReport } from '../inference/prediction-model.js';
import { checkInputs } from './check-inputs.js';
import { featureOrder } from './feature-order.js';
import { readPipeline } from './image/pipeline.js';
import { checkItem, encoderOf, itemContent } from './item-content.js';
import { itemInputs, type ItemRules } from './item-inputs.js';
import { Pace } from './pace.js';
import { answerItem, type Derive } from './predict-answer.js';
import { AllItemsFailed } from './predict-error.js';
import type { PredictEnvelope, PredictParameters } from './predict-request.js';
import { bestClasses } from './best-classes.js';
import { servedReport } from './served-report.js';

export interface PredictAnswer {
  modelId: string;
  batchSize: number;
  inferenceMs: number;
  /** One per item, in order: its JSON text in pieces, or why it failed. */
  items: (string[] | AppError)[];
}

/** Everything the items of one request share. */
interface Job {
  model: PredictionModel;
  report: PredictLoadReport;
  parameters: Partial<PredictParameters>;
  rules: ItemRules;
  derive: Derive;
  signal: AbortSignal;
  /** When the first run began and the last one ended. */
  clock: { startedAt: number; endedAt: number };
}

@Injectable()
export class PredictService {
  constructor(
    private readonly inference: InferenceService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * @throws AppError `model_not_found`, `model_loading`, `model_failed`, `invalid_value`; `AllItemsFailed` when there is no item to
   *   answer; the signal's reason
   */
  async predict(request: PredictEnvelope, signal: AbortSignal): Promise<PredictAnswer> {
    const { items } = request;
    if (items.length > this.config.PREDICT_MAX_ITEMS) {
      const message = `items: expected an array of at most ${this.config.PREDICT_MAX_ITEMS} elements; got ${items.length}.`;
      throw new AppError('invalid_value', message, { param: 'items' });
    }
    const job = this.job(request, signal);
    // Every item listens; to Node more than ten listeners look like a leak, which it would tell in the log.
    setMaxListeners(items.length + 10, signal);
    const answers = await Promise.all(items.map((item, index) => settled(item, `items.${index}`, job)));
    signal.throwIfAborted();
    const errors = answers.filter((answer) => answer instanceof AppError);
    if (errors.length === answers.length) throw new AllItemsFailed(errors);
    const { startedAt, endedAt } = job.clock;
    return {
      modelId: job.model.manifest.id,
      batchSize: items.length,
      inferenceMs: endedAt - startedAt,
      items: answers,
    };
  }

  private job({ model: id, parameters: given }: PredictEnvelope, signal: AbortSignal): Job {
    const model = this.inference.predictionModel(id ?? undefined);
    const report = servedReport(model);
    const parameters = given ?? {};
    refuseUnknownOutputs(parameters.outputs ?? [], report);
    const { preprocessor, labels } = model.manifest;
    const rules: ItemRules = {
      signature: report.inputs,
      featureOrder: featureOrder(parameters.columns, report),
      pipeline: () => readPipeline(preprocessor, parameters.preprocess ?? null, 'parameters.preprocess'),
      maxPixels: this.config.PREDICT_MAX_PIXELS,
    };
    const derive = bestClasses(parameters, labels, report);
    return { model, report, parameters, rules, derive, signal, clock: { startedAt: Infinity, endedAt: 0 } };
  }
}

/** One item's answer, or its error where that is the item's alone. */
async function settled(json: unknown, param: string, job: Job): Promise<string[] | AppError> {
  try {
    return await predictItem(json, param, job);
  } catch (error) {
    if (!(error instanceof AppError) || job.signal.aborted) throw error;
    return error.param === null && error.code === 'invalid_value' ? atItem(error, param) : error;
  }
}

/** Errors from deeper down do not know which item they are about. */
function atItem(error: AppError, param: string): AppError {
  return new AppError(error.code, error.message, { param: `${param}.data` });
}

async function predictItem(json: unknown, param: string, job: Job): Promise<string[]> {
  const { model, report, parameters, signal, clock } = job;
  const pace = new Pace();
  const item = checkItem(json, param);
  const content = await itemContent(item, param, pace);
  const inputs = await itemInputs(content, job.rules, param, pace);
  checkInputs(report.inputs, inputs, `${param}.`);
  signal.throwIfAborted();
  clock.startedAt = Math.min(clock.startedAt, performance.now());
  const { outputs } = await model.run(inputs, parameters.outputs ?? null, signal);
  clock.endedAt = Math.max(clock.endedAt, performance.now());
  const style = {
    encoder: parameters.encoder ?? encoderOf(item),
    nan: parameters.nan ?? 'null',
    integers: parameters.integers ?? 'number',
  } as const;
  return answerItem(outputs, report.outputs, style, job.derive, pace);
}

function refuseUnknownOutputs(names: readonly string[], { outputs }: PredictLoadReport): void {
  const known = new Set(outputs.map(({ name }) => name));
  const index = names.findIndex((name) => !known.has(name));
  if (index < 0) return;
  const told = [...known].slice(0, 20).map((name) => `"${name}"`);
  const message = `parameters.outputs.${index}: there is no such output; this model gives ${told.join(', ')}.`;
  throw new AppError('invalid_value', message, { param: `parameters.outputs.${index}` });
}

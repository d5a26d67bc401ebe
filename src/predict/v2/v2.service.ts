/** From a body to an answer over one model, and which models there are. It does not know HTTP. */
import { Injectable } from '@nestjs/common';
import { AppError } from '../../common/errors/app-error.js';
import { InferenceService } from '../../inference/inference.service.js';
import type { NamedValue, PredictionModel, PredictLoadReport } from '../../inference/prediction-model.js';
import { checkInputs } from '../check-inputs.js';
import { Pace } from '../pace.js';
import { servedReport } from '../served-report.js';
import type { InferBody } from './infer-body.js';
import { readInfer, type InferCall } from './read-infer.js';
import { timedSignal } from './timed-signal.js';
import { modelMetadata, versionOf, type ModelMetadata } from './v2-metadata.js';
import { writeInfer, type InferBytes, type OutputGiven } from './write-infer.js';

@Injectable()
export class V2Service {
  constructor(private readonly inference: InferenceService) {}

  /** As readiness means it elsewhere: all that was to be served is. */
  get isReady(): boolean {
    const { models, draining } = this.inference.health();
    const broken = this.inference.diagnoses().length > 0;
    return !draining && !broken && models.length > 0 && models.every(({ state }) => state === 'ready');
  }

  /** @throws AppError `model_not_found`, `unsupported_workload`, `model_loading`, `model_failed` */
  metadata(name: string, version: string | null): ModelMetadata {
    const model = this.model(name, version);
    return modelMetadata(model, servedReport(model));
  }

  isModelReady(name: string, version: string | null): boolean {
    return this.model(name, version).state === 'ready';
  }

  /** @throws AppError of the request's own fields, and what `PredictionModel.run` names */
  async infer(name: string, version: string | null, body: InferBody, signal: AbortSignal): Promise<InferBytes> {
    const model = this.model(name, version);
    const report = servedReport(model);
    const pace = new Pace();
    const call = await readInfer(body, report.inputs, pace);
    checkInputs(report.inputs, call.inputs, '');
    refuseUnknownOutputs(call, report);
    const names = call.outputs && call.outputs.map((output) => output.name);
    using timed = timedSignal(signal, call.timeoutMs);
    timed.signal.throwIfAborted();
    const { outputs } = await model.run(call.inputs, names, timed.signal);
    const answer = { modelName: model.manifest.name, modelVersion: versionOf(model), id: call.id };
    return writeInfer({ ...answer, outputs: outputsGiven(call, outputs) }, model.manifest.labels, pace);
  }

  /** Several versions of one name may be served side by side. */
  private model(name: string, version: string | null): PredictionModel {
    if (version === null) return this.inference.predictionModel(name);
    const named = this.inference
      .predictionModels()
      .filter(({ manifest }) => manifest.id === name || manifest.name === name);
    const found = named.find((model) => versionOf(model) === version);
    if (found) return found;
    const { manifest } = this.inference.predictionModel(name);
    const versions = named.map((model) => `"${versionOf(model)}"`).join(', ');
    throw new AppError(
      'model_not_found',
      `The model "${manifest.name}" has no version "${version}" here; served: ${versions}.`,
      { param: 'model' },
    );
  }
}

function refuseUnknownOutputs(call: InferCall, { outputs }: PredictLoadReport): void {
  const known = new Set(outputs.map(({ name }) => name));
  const seen = new Set<string>();
  for (const [index, { name }] of (call.outputs ?? []).entries()) {
    const param = `outputs.${index}.name`;
    if (!known.has(name)) {
      const told = [...known].slice(0, 20).map((output) => `"${output}"`);
      throw new AppError('invalid_value', `${param}: there is no such output; this model gives ${told.join(', ')}.`, {
        param,
      });
    }
    if (seen.has(name)) throw new AppError('invalid_value', `${param}: "${name}" is asked for twice.`, { param });
    seen.add(name);
  }
}

/** In the order they were asked for. */
function outputsGiven(call: InferCall, outputs: NamedValue[]): OutputGiven[] {
  if (call.outputs === null) {
    return outputs.map(({ name, value }) => ({ name, value, binary: call.binaryByDefault, classes: null }));
  }
  return call.outputs.map((wanted) => ({ ...wanted, value: outputs.find(({ name }) => name === wanted.name)!.value }));
}

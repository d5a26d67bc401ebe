/** The routes of the Open Inference Protocol behind HTTP, with scripted models in place of engines, and nobody asking for keys. */
import { Global, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { AddressInfo } from 'node:net';
import { ConfigModule } from '../../src/common/config/config.module.js';
import { readConfig } from '../../src/common/config/config.js';
import { AppErrorFilter } from '../../src/common/errors/app-error.filter.js';
import { isSharedJsonBody } from '../../src/common/http/own-body.js';
import { InferenceService } from '../../src/inference/inference.service.js';
import { ModelDirectory } from '../../src/inference/model-directory.js';
import { V2Module } from '../../src/predict/v2/v2.module.js';
import type { ScriptedPrediction } from './scripted-prediction.js';

export interface ScriptedV2App {
  app: NestExpressApplication;
  baseUrl: string;
  /** Folders that cannot be served; may be changed between requests. */
  broken: unknown[];
  close(): Promise<void>;
}

export async function startScriptedV2App(
  models: ScriptedPrediction[],
  environment: Record<string, string> = {},
): Promise<ScriptedV2App> {
  const directory = new ModelDirectory(models);
  const broken: unknown[] = [];
  const inference = {
    predictionModel: (id?: string) => directory.predictionModel(id),
    predictionModels: () => directory.predictionModels(),
    diagnoses: () => broken,
    health: () => ({ models: models.map(({ state }) => ({ state })), draining: false }),
  };

  @Global()
  @Module({ providers: [{ provide: InferenceService, useValue: inference }], exports: [InferenceService] })
  class ScriptedInferenceModule {}

  @Module({ imports: [ConfigModule.forRoot(readConfig(environment)), ScriptedInferenceModule, V2Module] })
  class ScriptedV2Module {}

  const app = await NestFactory.create<NestExpressApplication>(ScriptedV2Module, { bodyParser: false, logger: false });
  app.useBodyParser('json', { type: isSharedJsonBody });
  app.useGlobalFilters(new AppErrorFilter(() => []));
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const close = () => {
    app.getHttpServer().closeAllConnections();
    return app.close();
  };
  return { app, baseUrl: `http://127.0.0.1:${port}`, broken, close };
}

/**
 * The rooms behind HTTP with scripted models in place of engines: the same request id, body parser, filter and documents as the real
 * server, and one fixed caller in place of authentication.
 */
import { Global, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import type { AddressInfo } from 'node:net';
import { ChatModule } from '../../src/chat/chat.module.js';
import { ConfigModule } from '../../src/common/config/config.module.js';
import { readConfig } from '../../src/common/config/config.js';
import { AppErrorFilter } from '../../src/common/errors/app-error.filter.js';
import { allowedMethods } from '../../src/common/http/allowed-methods.js';
import { isSharedJsonBody } from '../../src/common/http/own-body.js';
import type { Principal } from '../../src/common/http/principal.js';
import { requestId } from '../../src/common/http/request-id.middleware.js';
import { LifecycleModule } from '../../src/common/lifecycle/lifecycle.module.js';
import { installDocs } from '../../src/docs/install-docs.js';
import type { Diagnosis } from '../../src/inference/catalog/manifest.js';
import { InferenceService } from '../../src/inference/inference.service.js';
import { ModelDirectory, type AnyModel } from '../../src/inference/model-directory.js';
import { ModelModule } from '../../src/model/model.module.js';
import { PredictModule } from '../../src/predict/predict.module.js';
import { ScriptedModel } from './scripted-model.js';
import type { ScriptedPrediction } from './scripted-prediction.js';

export interface ScriptedAppOptions {
  models?: ScriptedModel[];
  /** One-shot models, listed after the others. */
  predictions?: ScriptedPrediction[];
  diagnoses?: Diagnosis[];
  /** Variables over the defaults. */
  environment?: Record<string, string>;
}

export interface ScriptedApp {
  app: NestExpressApplication;
  baseUrl: string;
  /** The first model. */
  model: ScriptedModel;
  /** Who every request comes from; may be changed between requests. */
  caller: { principal: Principal };
  close(): Promise<void>;
}

export async function startScriptedApp(options: ScriptedAppOptions = {}): Promise<ScriptedApp> {
  const models = options.models ?? [new ScriptedModel()];
  const config = readConfig(options.environment ?? {});
  const caller: ScriptedApp['caller'] = { principal: { method: 'api_key', id: 'key:primary:00000000' } };

  @Global()
  @Module({
    providers: [
      {
        provide: InferenceService,
        useValue: scriptedInference([...models, ...(options.predictions ?? [])], options.diagnoses ?? []),
      },
    ],
    exports: [InferenceService],
  })
  class ScriptedInferenceModule {}

  @Module({
    imports: [
      ConfigModule.forRoot(config),
      LifecycleModule,
      ScriptedInferenceModule,
      ChatModule,
      ModelModule,
      PredictModule,
    ],
  })
  class ScriptedAppModule {}

  const app = await NestFactory.create<NestExpressApplication>(ScriptedAppModule, { bodyParser: false, logger: false });
  app.use(requestId);
  app.use((request: Request, _response: Response, next: NextFunction) => {
    request.principal = caller.principal;
    next();
  });
  app.useBodyParser('json', { limit: config.MAX_BODY_BYTES, type: isSharedJsonBody });
  const express = app.getHttpAdapter().getInstance();
  app.useGlobalFilters(new AppErrorFilter((path) => allowedMethods(express, path)));
  installDocs(app);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const close = () => {
    // Clients keep connections open, and reopen those they aborted.
    app.getHttpServer().closeAllConnections();
    return app.close();
  };
  return { app, baseUrl: `http://127.0.0.1:${port}`, model: models[0], caller, close };
}

/** The questions that rooms ask, answered as `InferenceService` does. */
function scriptedInference(models: AnyModel[], diagnoses: Diagnosis[]) {
  const directory = new ModelDirectory(models);
  return {
    models: () => directory.languageModels(),
    predictionModels: () => directory.predictionModels(),
    allModels: () => directory.all,
    diagnoses: () => diagnoses,
    model: (id?: string) => directory.languageModel(id),
    predictionModel: (id?: string) => directory.predictionModel(id),
    anyModel: (id?: string) => directory.any(id),
  };
}

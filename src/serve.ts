/**
 * One run of the service from a configuration: listen first, so that probes are answered while models load; then load
 * and report; then wait for the signal to leave.
 */
import { Logger } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { AddressInfo } from 'node:net';
import { KeyStore } from './auth/key-store.js';
import { ConfigError, isLoopback, type Config } from './common/config/config.js';
import { describeDiagnosis } from './inference/catalog/manifest.js';
import { InferenceService, type LoadedModel } from './inference/inference.service.js';
import { createServer } from './server.js';
import { shutDown } from './shut-down.js';
import { predictionCurlLine, predictionLoadedLine } from './startup-report-prediction.js';
import { curlLine, keyFileExpression, loadedLine, type Access } from './startup-report.js';

/** Nobody loses patience sooner. */
const SAME_SIGNAL_MS = 1000;

export async function serve(config: Config): Promise<void> {
  if (config.MODEL_PATH === null) {
    throw new ConfigError(['MODEL_PATH is not set: give it a model folder, or a folder of model folders']);
  }
  const log = new Logger('Start');
  const app = await createServer(config);
  await app.listen(config.PORT, config.HOST);
  const access = callerAccess(app, config);
  log.log(`Listening on ${access.baseUrl}; reading models from ${config.MODEL_PATH}`);
  leaveOnSignal(app, config);

  const inference = app.get(InferenceService);
  let told = false;
  await inference.start((loaded) => {
    const { line, curl } = startupLines(loaded, access);
    log.log(`Loaded ${line}`);
    if (told) return;
    told = true;
    log.log(`Try it:\n\n  ${curl}\n`);
  });
  if (inference.allModels().length === 0) {
    const reasons = inference.diagnoses().map(describeDiagnosis).join('; ');
    log.error(`No model can be served: ${reasons === '' ? `${config.MODEL_PATH} holds no model folder` : reasons}`);
  }
}

function startupLines(loaded: LoadedModel, access: Access): { line: string; curl: string } {
  const { task, manifest, report } = loaded;
  return task === 'chat'
    ? { line: loadedLine(manifest, report), curl: curlLine(manifest, access) }
    : { line: predictionLoadedLine(manifest, report), curl: predictionCurlLine(manifest, report, access) };
}

/**
 * The first signal drains; a second one means that somebody is out of patience. A second one at once is the same again:
 * `timeout`, and npm at a terminal's Ctrl-C, signal the process and its group.
 */
function leaveOnSignal(app: NestExpressApplication, config: Config): void {
  let leavingSince: number | null = null;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      const now = performance.now();
      if (leavingSince !== null) {
        if (now - leavingSince > SAME_SIGNAL_MS) process.exit(1);
        return;
      }
      leavingSince = now;
      void shutDown(app, config.DRAIN_TIMEOUT_MS).then(() => process.exit(0));
    });
  }
}

/** How the one who started the service would call it from the same machine. */
function callerAccess(app: NestExpressApplication, config: Config): Access {
  const { port } = app.getHttpServer().address() as AddressInfo;
  const host = isLoopback(config.HOST) ? config.HOST : 'localhost';
  return { baseUrl: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, bearer: callerBearer(app, config) };
}

function callerBearer(app: NestExpressApplication, config: Config): string {
  if (!config.AUTH_API_KEY_ENABLED) return '$TOKEN';
  if (config.API_KEYS_DIR !== null) return keyFileExpression(config.API_KEYS_DIR);
  return app.get(KeyStore).generatedKey ?? '$API_KEY';
}

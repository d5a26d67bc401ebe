/**
 * The one ordered end: not ready → refuse new work → finish what runs → end the rest with a proper error → close.
 */
import { Logger } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DrainService } from './common/lifecycle/drain.service.js';
import { InferenceService } from './inference/inference.service.js';

const POLL_MS = 20;
/** What is left for error events to reach slow readers. */
const FLUSH_MS = 2000;

export async function shutDown(app: NestExpressApplication, drainTimeoutMs: number): Promise<void> {
  const log = new Logger('Stop');
  const inference = app.get(InferenceService);
  app.get(DrainService).begin();
  log.log(`Draining: ${inference.inFlight} requests are running`);
  const deadline = performance.now() + drainTimeoutMs;
  while (inference.inFlight > 0 && performance.now() < deadline) await sleep(POLL_MS);
  if (inference.inFlight > 0) log.warn(`${inference.inFlight} requests did not finish in ${drainTimeoutMs} ms: ended`);
  await inference.stop();
  const server = app.getHttpServer();
  const cut = setTimeout(() => server.closeAllConnections(), FLUSH_MS);
  await app.close();
  clearTimeout(cut);
  log.log('Stopped');
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

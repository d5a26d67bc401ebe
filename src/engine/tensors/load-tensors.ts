/**
 * A model file → a session that has run once, and a report of what was found.
 */
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { AppError } from '../../common/errors/app-error.js';
import { shareArena, useSharedArena } from '../ort/arena.js';
import { openEnvironment, type Environment } from '../ort/environment.js';
import { chooseProvider } from '../ort/provider.js';
import { Session } from '../ort/session.js';
import { SessionOptions } from '../ort/session-options.js';
import type { PredictLoadReport, PredictOptions } from '../protocol.js';
import { chooseBatching, shapeObstacle, type BatchingFacts } from './batching-choice.js';
import { readGraphFacts, type GraphFacts } from './graph-facts.js';
import { TensorSession } from './tensor-session.js';
import { warmUp } from './warm-up.js';

/** Of the memory that is free when the model is loaded; the rest is for what is not the runtime's. */
const MEMORY_SHARE = 0.8;

export interface LoadedTensors {
  session: TensorSession;
  report: PredictLoadReport;
}

/**
 * @param telemetryVariable the value of `ORT_DISABLE_TELEMETRY`, which must be "1"
 * @throws {AppError} `model_failed`, with the file and what is wrong with it
 */
export async function loadTensors(
  modelFile: string,
  options: PredictOptions,
  telemetryVariable: string | undefined,
): Promise<LoadedTensors> {
  try {
    return await load(modelFile, options, openEnvironment(telemetryVariable));
  } catch (error) {
    if (error instanceof AppError) throw error;
    const words = error instanceof Error ? error.message : String(error);
    // The reason is shown to callers too: they need no path of this machine.
    const reason = words.replaceAll(modelFile, basename(modelFile)).replaceAll(dirname(modelFile), '.');
    throw new AppError('model_failed', `${basename(modelFile)} could not be loaded: ${reason}`, { cause: error });
  }
}

async function load(modelFile: string, options: PredictOptions, environment: Environment): Promise<LoadedTensors> {
  const startedAt = performance.now();
  const { provider, reason } = chooseProvider(environment, options.provider);
  const { graph, operators } = await readFacts(modelFile);
  const session = await openSession(environment, modelFile, options);
  const loadedAt = performance.now();
  const { inputs, outputs } = session.signature;
  const facts: BatchingFacts = {
    mode: options.batching,
    maxBatch: options.maxBatch,
    inputs,
    outputs,
    operators,
    trial: { kind: 'unknown' },
  };
  const mayJoin = options.batching !== 'off' && shapeObstacle(facts) === null;
  const trial = await warmUp(session, mayJoin ? options.maxBatch : 0);
  return {
    session,
    report: {
      provider,
      providerReason: reason,
      runtimeVersion: environment.library.version,
      loadMs: Math.round(loadedAt - startedAt),
      warmupMs: Math.round(performance.now() - loadedAt),
      inputs,
      outputs,
      batching: chooseBatching({ ...facts, trial }),
      graph,
    },
  };
}

async function readFacts(modelFile: string): Promise<GraphFacts> {
  try {
    return readGraphFacts(await readFile(modelFile));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = `${basename(modelFile)} is not an ONNX model: ${error.message}.`;
    throw new AppError('model_failed', message, { cause: error });
  }
}

async function openSession(
  environment: Environment,
  modelFile: string,
  settings: PredictOptions,
): Promise<TensorSession> {
  shareArena(environment, MEMORY_SHARE * process.availableMemory());
  const options = new SessionOptions(environment, { intraOpThreads: settings.threads });
  try {
    useSharedArena(options);
    const session = await Session.fromFile(environment, modelFile, options);
    return new TensorSession(session, settings.maxOutputBytes);
  } finally {
    options.dispose();
  }
}

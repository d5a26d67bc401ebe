/**
 * A model folder's decoder, ready to run: file read, graph edited, session made, checked, warmed up, described.
 *
 * It decides what to load and in which order; the rules are in the files beside it. Everything it opens is closed
 * again when a later step fails.
 */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../../common/errors/app-error.js';
import { readModel, type Model } from '../onnx/graph.js';
import { keepLastPosition } from '../onnx/last-position.js';
import { openEnvironment, type Environment } from '../ort/environment.js';
import { chooseProvider } from '../ort/provider.js';
import { Session } from '../ort/session.js';
import { SessionOptions } from '../ort/session-options.js';
import type { DecoderModel, EngineOptions, LoadReport } from '../protocol.js';
import type { Decoder } from './decoder.js';
import { bytesPerToken, readCacheLayout } from './kv-cache-layout.js';
import { positionLimit } from './load-decoder-position-limit.js';
import { readDecoderValues } from './load-decoder-values.js';
import { OnnxDecoder, type OnnxDecoderPlan } from './onnx-decoder.js';

/** Tokens of the warm-up prompt: enough to take the kernels of a real one. */
const WARMUP_TOKENS = 32;

export interface LoadedDecoder {
  decoder: Decoder;
  report: Omit<LoadReport, 'fewestRows'>;
}

/**
 * @param telemetryVariable the value of `ORT_DISABLE_TELEMETRY`, which must be "1"
 * @throws {AppError} `model_failed`, with the file, what is wrong with it and what to do
 */
export async function loadDecoder(
  model: DecoderModel,
  options: EngineOptions,
  telemetryVariable: string | undefined,
): Promise<LoadedDecoder> {
  try {
    return await load(model, options, openEnvironment(telemetryVariable));
  } catch (error) {
    if (error instanceof AppError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('model_failed', `${model.modelFile} could not be loaded: ${reason}`, { cause: error });
  }
}

async function load(model: DecoderModel, options: EngineOptions, environment: Environment): Promise<LoadedDecoder> {
  const startedAt = performance.now();
  const { provider, reason } = chooseProvider(environment, options.provider);
  const bytes = await readFile(model.modelFile);
  const graphModel = parse(bytes, model.modelFile);
  const session = await openSession(environment, model, options, graphModel);
  const plan = planOf(model, options, session, graphModel);
  const decoder = await OnnxDecoder.create(session, plan);
  const loadedAt = performance.now();
  await warmUp(decoder);
  return {
    decoder,
    report: {
      provider,
      providerReason: reason,
      runtimeVersion: environment.library.version,
      loadMs: Math.round(loadedAt - startedAt),
      warmupMs: Math.round(performance.now() - loadedAt),
      slots: plan.slots,
      capacity: plan.capacity,
      kvBytesPerToken: bytesPerToken(plan.cache),
      kvElementType: [...new Set(plan.cache.map((buffer) => buffer.elementType))].join(' and '),
      lastPositionOnly: decoder.lastPositionOnly,
    },
  };
}

function parse(bytes: Uint8Array, file: string): Model {
  try {
    return readModel(bytes);
  } catch (error) {
    throw new AppError('model_failed', `${file} is not an ONNX model: ${(error as Error).message}.`, { cause: error });
  }
}

async function openSession(
  environment: Environment,
  model: DecoderModel,
  settings: EngineOptions,
  graphModel: Model,
): Promise<Session> {
  const options = new SessionOptions(environment, { intraOpThreads: settings.threads });
  try {
    const edit = keepLastPosition(graphModel, model.outputs.logits);
    return edit.edited
      ? await Session.fromBytes(environment, edit.bytes, dirname(model.modelFile), options)
      : await Session.fromFile(environment, model.modelFile, options);
  } finally {
    options.dispose();
  }
}

/** Disposes the session when the model cannot be served. */
function planOf(model: DecoderModel, options: EngineOptions, session: Session, graphModel: Model): OnnxDecoderPlan {
  try {
    const limit = positionLimit(graphModel.graph, model.modelFile);
    return {
      ...readDecoderValues(model, session),
      cache: readCacheLayout(model, session, graphModel.graph),
      slots: options.maxSlots,
      capacity: Math.min(model.contextLength, options.maxContext, limit),
    };
  } catch (error) {
    session.dispose();
    throw error;
  }
}

/** First runs are slow: memory is laid out, threads start. Also proves that the model runs at all. */
async function warmUp(decoder: OnnxDecoder): Promise<void> {
  try {
    await decoder.prefill(0, new Int32Array(Math.min(WARMUP_TOKENS, decoder.capacity)), 0);
    for (const rows of new Set([1, decoder.slots])) {
      await decoder.decode({ firstSlot: 0, rows: Array.from({ length: rows }, () => ({ token: 0, length: 0 })) });
    }
  } catch (error) {
    decoder.dispose();
    throw error;
  }
}

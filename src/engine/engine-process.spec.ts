import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ScriptedDecoder, type ScriptedDecoderOptions, type ScriptedRun } from '../../test/support/scripted-decoder.js';
import { AppError } from '../common/errors/app-error.js';
import { EngineProcess, EXIT_DECODER_FAILED, type EnginePorts, type OneShotModel } from './engine-process.js';
import {
  HEARTBEAT_INTERVAL_MS,
  type DecoderModel,
  type EngineOptions,
  type FromEngine,
  type GenerationRequest,
  type LoadReport,
  type PredictLoadReport,
  type ToEngine,
} from './protocol.js';

const MODEL: DecoderModel = {
  modelFile: '/models/m/model.onnx',
  contextLength: 64,
  vocabSize: 16,
  eosTokenIds: [0],
  inputs: { inputIds: '', attentionMask: '', positionIds: '', pastKey: '', pastValue: '' },
  outputs: { logits: '', presentKey: '', presentValue: '' },
};
const OPTIONS: EngineOptions = {
  provider: 'cpu',
  threads: 1,
  maxSlots: 2,
  maxContext: 64,
  prefixCache: 'prompt',
  prefillChunk: { busy: 4, idle: 16 },
  exactBatching: true,
};
const REPORT = { provider: 'cpu', slots: 2, capacity: 64 } as LoadReport;
const REQUEST: GenerationRequest = {
  promptIds: Int32Array.of(1, 2, 3),
  sampling: {
    temperature: 0,
    topP: 1,
    topK: 0,
    minP: 0,
    presencePenalty: 0,
    frequencyPenalty: 0,
    repetitionPenalty: 1,
    logitBias: [],
    seed: null,
  },
  maxTokens: 2,
  minTokens: 0,
  ignoreEos: true,
  stopTokenIds: [],
  cacheScope: '',
};

const PREDICT_REPORT = { inputs: [{ name: 'x', optional: false }], batching: { enabled: false } } as PredictLoadReport;
const PREDICT: ToEngine = {
  kind: 'loadPredict',
  modelFile: '/models/m/model.onnx',
  options: { provider: 'cpu', threads: 1, batching: 'auto', maxBatch: 8, maxDelayMs: 0, maxOutputBytes: 1024 },
};
const RUN: ToEngine = { kind: 'run', id: 1, inputs: [], outputs: null, alone: false };

/** A one-shot model that answers at once, or when `run` says so; it remembers its end. */
class ScriptedOneShot implements OneShotModel {
  readonly said: string[] = [];
  constructor(readonly run: OneShotModel['run'] = async () => []) {}
  terminate(): void {
    this.said.push('terminate');
  }
  dispose(): void {
    this.said.push('dispose');
  }
}

function engine(
  parts: Partial<ScriptedDecoderOptions> = {},
  load?: EnginePorts['load'],
  oneShot: OneShotModel | null = new ScriptedOneShot(),
) {
  const sent: FromEngine[] = [];
  // Loading runs the decoder too; what a test wants to happen in a run is for later.
  const loaded = () => sent.some((message) => message.kind === 'loaded');
  const onRun = (run: ScriptedRun) => (loaded() ? parts.onRun?.(run) : undefined);
  const decoder = new ScriptedDecoder({ slots: 2, capacity: 64, vocabSize: 16, ...parts, onRun });
  const exits: number[] = [];
  const process = new EngineProcess({
    send: (message) => sent.push(message),
    sendAhead: async (message) => void sent.push(message),
    load: load ?? (async () => ({ decoder, report: REPORT })),
    loadPredict: async () => {
      if (oneShot === null) throw new AppError('model_failed', 'model.onnx is damaged');
      return { session: oneShot, report: PREDICT_REPORT };
    },
    leave: (code) => exits.push(code),
    nowMs: () => 0,
  });
  return { process, decoder, sent, exits };
}

/** Lets everything that needs no timer happen. */
const settle = () => vi.advanceTimersByTimeAsync(0);

describe('EngineProcess', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('loads, reports, and generates', async () => {
    const { process, sent } = engine();
    process.receive({ kind: 'load', model: MODEL, options: OPTIONS });
    await settle();
    expect(sent).toEqual([{ kind: 'loaded', report: { ...REPORT, fewestRows: 1 } }]);
    process.receive({ kind: 'generate', id: 1, request: REQUEST });
    await settle();
    const events = sent.flatMap((m) => (m.kind === 'step' ? m.events : []));
    expect(events.map((e) => e.kind)).toEqual(['started', 'token', 'token', 'end']);
  });

  it('says why it could not load, and stays', async () => {
    const { process, sent, exits } = engine({}, async () => {
      throw new AppError('model_failed', 'model.onnx is missing');
    });
    process.receive({ kind: 'load', model: MODEL, options: OPTIONS });
    await settle();
    expect(sent).toEqual([
      { kind: 'failed', error: { code: 'model_failed', message: 'model.onnx is missing', param: null } },
    ]);
    expect(exits).toEqual([]);
  });

  it('refuses a request while it loads', () => {
    const { process, sent } = engine();
    process.receive({ kind: 'generate', id: 3, request: REQUEST });
    expect(sent).toMatchObject([
      { kind: 'step', events: [{ kind: 'error', id: 3, error: { code: 'model_loading' } }] },
    ]);
  });

  it('sends a heartbeat at every interval, also before loading and while a run is under way', async () => {
    const { process, sent } = engine({ onRun: () => new Promise<void>(() => undefined) });
    await vi.advanceTimersByTimeAsync(HEARTBEAT_INTERVAL_MS);
    process.receive({ kind: 'load', model: MODEL, options: OPTIONS });
    await settle();
    process.receive({ kind: 'generate', id: 1, request: REQUEST });
    await vi.advanceTimersByTimeAsync(2 * HEARTBEAT_INTERVAL_MS);
    const beats = sent.flatMap((m) => (m.kind === 'heartbeat' ? [m.stats.running] : []));
    expect(beats).toEqual([0, 1, 1]);
  });

  it('aborts', async () => {
    const { process, sent } = engine({
      onRun: () => {
        process.receive({ kind: 'abort', id: 1 });
      },
    });
    process.receive({ kind: 'load', model: MODEL, options: OPTIONS });
    await settle();
    process.receive({ kind: 'generate', id: 1, request: REQUEST });
    await settle();
    expect(sent.flatMap((m) => (m.kind === 'step' ? m.events.map((e) => e.kind) : []))).toEqual(['started']);
  });

  it('shuts down after the run under way: memory is freed, nothing more is posted', async () => {
    let release = () => undefined as void;
    const { process, decoder, exits } = engine({ onRun: () => new Promise<void>((resolve) => (release = resolve)) });
    process.receive({ kind: 'load', model: MODEL, options: OPTIONS });
    await settle();
    process.receive({ kind: 'generate', id: 1, request: REQUEST });
    process.receive({ kind: 'shutdown' });
    await settle();
    expect([decoder.disposed, exits]).toEqual([false, []]);
    release();
    await settle();
    expect([decoder.disposed, exits]).toEqual([true, [0]]);
  });

  it('shuts down before anything is loaded', async () => {
    const { process, exits } = engine();
    process.receive({ kind: 'shutdown' });
    await settle();
    expect(exits).toEqual([0]);
  });

  it('shuts down while it loads without freeing what a run may use', async () => {
    // The first run of the decoder is part of loading.
    const onRun = () => new Promise<void>(() => undefined);
    const decoder = new ScriptedDecoder({ slots: 2, capacity: 64, vocabSize: 16, onRun });
    const { process, exits } = engine({}, async () => ({ decoder, report: REPORT }));
    process.receive({ kind: 'load', model: MODEL, options: OPTIONS });
    await settle();
    process.receive({ kind: 'shutdown' });
    await settle();
    expect([decoder.disposed, exits]).toEqual([false, [0]]);
  });

  it('leaves with a code of its own when the decoder fails every time', async () => {
    const said = vi.spyOn(console, 'error').mockReturnValue();
    const { process, exits } = engine({
      onRun: () => {
        throw new Error('out of luck');
      },
    });
    process.receive({ kind: 'load', model: MODEL, options: OPTIONS });
    await settle();
    for (const id of [1, 2, 3]) process.receive({ kind: 'generate', id, request: REQUEST });
    await settle();
    expect(exits).toEqual([EXIT_DECODER_FAILED]);
    expect(said).toHaveBeenCalledWith(expect.stringContaining('every run'));
  });

  it('loads a one-shot model, announces a run, answers it', async () => {
    const { process, sent } = engine();
    process.receive(PREDICT);
    await settle();
    process.receive(RUN);
    await settle();
    expect(sent).toEqual([
      { kind: 'loadedPredict', report: PREDICT_REPORT },
      { kind: 'running', ids: [1] },
      { kind: 'result', id: 1, outputs: [], timings: { queueMs: 0, runMs: 0, batchSize: 1 } },
    ]);
  });

  it('refuses a run while it loads', () => {
    const { process, sent } = engine();
    process.receive(RUN);
    expect(sent).toMatchObject([{ kind: 'runError', id: 1, error: { code: 'model_loading' } }]);
  });

  it('says why it could not load a one-shot model, and stays', async () => {
    const { process, sent, exits } = engine({}, undefined, null);
    process.receive(PREDICT);
    await settle();
    expect(sent).toMatchObject([{ kind: 'failed', error: { code: 'model_failed', message: 'model.onnx is damaged' } }]);
    expect(exits).toEqual([]);
  });

  it('beats while a one-shot run is under way, and shuts down at its next node', async () => {
    let release = () => undefined as void;
    const oneShot = new ScriptedOneShot(() => new Promise((resolve) => (release = () => resolve([]))));
    const { process, sent, exits } = engine({}, undefined, oneShot);
    process.receive(PREDICT);
    await settle();
    process.receive(RUN);
    process.receive({ ...RUN, id: 2 });
    await vi.advanceTimersByTimeAsync(HEARTBEAT_INTERVAL_MS);
    expect(sent.at(-1)).toMatchObject({ kind: 'heartbeat', stats: { running: 1, waiting: 1, kvTokensTotal: 0 } });
    process.receive({ kind: 'abort', id: 2 });
    process.receive({ kind: 'shutdown' });
    await settle();
    expect([oneShot.said, exits]).toEqual([['terminate'], []]);
    release();
    await settle();
    expect([oneShot.said, exits]).toEqual([['terminate', 'dispose'], [0]]);
    expect(sent.some((message) => message.kind === 'result')).toBe(false);
  });
});

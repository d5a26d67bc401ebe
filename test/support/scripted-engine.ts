/**
 * A scripted twin of an engine process: records what it is sent, says what the test tells it to, ends when told.
 */
import type { EngineChannel, SpawnEngine } from '../../src/inference/engine-process.js';
import type {
  EngineStats,
  FromEngine,
  LoadReport,
  PredictLoadReport,
  StepEvent,
  ToEngine,
} from '../../src/engine/protocol.js';

export const scriptedReport: LoadReport = {
  provider: 'cpu',
  providerReason: 'scripted',
  runtimeVersion: '0.0.0',
  loadMs: 1,
  warmupMs: 1,
  slots: 2,
  capacity: 64,
  kvBytesPerToken: 8,
  kvElementType: 'float32',
  lastPositionOnly: true,
  fewestRows: 1,
};

export const scriptedPredictReport: PredictLoadReport = {
  provider: 'cpu',
  providerReason: 'scripted',
  runtimeVersion: '0.0.0',
  loadMs: 1,
  warmupMs: 1,
  inputs: [{ name: 'x', type: 'tensor(float)', dtype: 'float32', shape: ['N', 3], optional: false }],
  outputs: [{ name: 'scores', type: 'tensor(float)', dtype: 'float32', shape: ['N', 10], optional: false }],
  batching: { enabled: true, reason: 'scripted' },
  graph: {
    opsets: { '': 17 },
    irVersion: 8,
    producer: 'script',
    producerVersion: '1',
    domain: '',
    name: 'g',
    description: '',
    modelVersion: '1',
    custom: { author: 'somebody' },
  },
};

export class ScriptedEngine implements EngineChannel {
  readonly pid = null;
  readonly received: ToEngine[] = [];
  killed = false;
  private readonly messageListeners: ((message: FromEngine) => void)[] = [];
  private readonly exitListeners: Parameters<EngineChannel['onExit']>[0][] = [];
  private ended = false;

  send(message: ToEngine): void {
    if (this.ended) return;
    this.received.push(message);
    if (message.kind === 'shutdown') this.exit('it exited with code 0');
  }

  kill(): void {
    this.killed = true;
    this.exit('it was ended by SIGKILL');
  }

  onMessage(listener: (message: FromEngine) => void): void {
    this.messageListeners.push(listener);
  }

  onExit(listener: Parameters<EngineChannel['onExit']>[0]): void {
    this.exitListeners.push(listener);
  }

  say(message: FromEngine): void {
    for (const listener of this.messageListeners) listener(message);
  }

  load(): void {
    this.say({ kind: 'loaded', report: scriptedReport });
  }

  loadPredict(): void {
    this.say({ kind: 'loadedPredict', report: scriptedPredictReport });
  }

  running(...ids: number[]): void {
    this.say({ kind: 'running', ids });
  }

  result(id: number): void {
    this.say({ kind: 'result', id, outputs: [], timings: { queueMs: 1, runMs: 2, batchSize: 1 } });
  }

  step(...events: StepEvent[]): void {
    this.say({ kind: 'step', events });
  }

  beat(stats: Partial<EngineStats> = {}): void {
    this.say({ kind: 'heartbeat', stats: { ...idleStats, ...stats } });
  }

  exit(how: string, lastWords: string | null = null): void {
    if (this.ended) return;
    this.ended = true;
    for (const listener of this.exitListeners) listener(how, lastWords);
  }

  /** Ids of the requests it was given and not told to abort. */
  get requested(): number[] {
    const aborted = new Set(this.received.flatMap((message) => (message.kind === 'abort' ? [message.id] : [])));
    return this.received.flatMap((message) =>
      message.kind === 'generate' && !aborted.has(message.id) ? [message.id] : [],
    );
  }
}

/** Runs that an engine was given, in order; a `!` marks those that share with nobody. */
export function runsGiven(engine: ScriptedEngine): string[] {
  return engine.received.flatMap((message) =>
    message.kind === 'run' ? [`${message.id}${message.alone ? '!' : ''}`] : [],
  );
}

const idleStats: EngineStats = {
  steps: 0,
  running: 0,
  waiting: 0,
  kvTokensUsed: 0,
  kvTokensTotal: 128,
  prefillTokens: 0,
  decodeTokens: 0,
  cachedTokens: 0,
  sinceProgressMs: 0,
};

/** Spawns scripted engines and remembers each, oldest first. */
export function scriptedEngines(): { spawn: SpawnEngine; engines: ScriptedEngine[] } {
  const engines: ScriptedEngine[] = [];
  const spawn: SpawnEngine = () => {
    const engine = new ScriptedEngine();
    engines.push(engine);
    return engine;
  };
  return { spawn, engines };
}

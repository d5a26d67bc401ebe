/**
 * Keeps one model's engine alive: forks it, loads the model, watches its heartbeat, replaces it when it ends.
 *
 * It does not know requests (an `EngineWork` does) or text. Its state is what readiness reports.
 */
import { AppError } from '../common/errors/app-error.js';
import {
  HEARTBEAT_INTERVAL_MS,
  type EngineStats,
  type FromEngine,
  type LoadReport,
  type PredictLoadReport,
  type ToEngine,
} from '../engine/protocol.js';
import type { EngineChannel, SpawnEngine } from './engine-process.js';
import type { EngineWork } from './engine-work.js';
import type { ModelState } from './generation.js';
import { decideRestart } from './restart-policy.js';

export type AnyReport = LoadReport | PredictLoadReport;

export interface SupervisorSettings {
  /** The first message to each engine; its answer is the report. */
  load: Extract<ToEngine, { kind: 'load' | 'loadPredict' }>;
  /** Words for a person from what an engine says about a model that it cannot load. */
  explainRefusal: (message: string) => string;
  /** An engine that has work and finishes no step for this long, or is silent for as long, is replaced. */
  stallMs: number;
}

/** What happens to an engine, for logs and metrics. */
export interface EngineObserver<Report extends AnyReport = LoadReport> {
  loaded(report: Report): void;
  /** Words for a person; `restartMs` is null when no other engine is started. */
  ended(how: string, restartMs: number | null): void;
  stats(stats: EngineStats): void;
  output(line: string): void;
}

export class EngineSupervisor<Report extends AnyReport = LoadReport> {
  state: ModelState = 'loading';
  /** Why the state is what it is, when it is not `ready`. */
  reason: string | null = 'the engine is loading the model';
  report: Report | null = null;
  restarts = 0;
  lastStats: EngineStats | null = null;

  private channel: EngineChannel | null = null;
  private fruitless = 0;
  private silentTicks = 0;
  private stopping = false;
  /** The first engine said that the model cannot be loaded: another would say the same. */
  private loadRefused = false;
  /** Why a later one could not load what an earlier one could: memory, most likely, so it is tried again. */
  private loadFailure: string | null = null;
  private watch: NodeJS.Timeout | null = null;
  private restartTimer: NodeJS.Timeout | null = null;
  private exited: Promise<void> = Promise.resolve();

  constructor(
    private readonly spawn: SpawnEngine,
    private readonly work: EngineWork,
    private readonly settings: SupervisorSettings,
    private readonly observer: EngineObserver<Report>,
  ) {}

  start(): void {
    this.watch = setInterval(() => this.checkHeartbeat(), HEARTBEAT_INTERVAL_MS);
    this.watch.unref();
    this.spawnEngine();
  }

  /** Ends the engine for good and waits until it is gone. */
  async stop(): Promise<void> {
    this.stopping = true;
    if (this.watch) clearInterval(this.watch);
    if (this.restartTimer) clearTimeout(this.restartTimer);
    this.channel?.send({ kind: 'shutdown' });
    const channel = this.channel;
    const impatience = setTimeout(() => channel?.kill(), 2000);
    await this.exited;
    clearTimeout(impatience);
  }

  /** Milliseconds since the engine last finished a step while it had work; silence counts. */
  get sinceProgressMs(): number {
    if (this.state !== 'ready') return 0;
    // One missing beat is jitter, not silence.
    const silentMs = Math.max(0, this.silentTicks - 1) * HEARTBEAT_INTERVAL_MS;
    return (this.lastStats?.sinceProgressMs ?? 0) + silentMs;
  }

  private spawnEngine(): void {
    this.silentTicks = 0;
    this.loadFailure = null;
    let channel: EngineChannel;
    try {
      channel = this.spawn((line) => this.observer.output(line));
    } catch (error) {
      // The system has no memory for another process: `fork` throws, and later there may be some.
      this.handleExit(`it could not be started: ${(error as Error).message}`, null);
      return;
    }
    this.channel = channel;
    channel.onMessage((message) => this.handleMessage(channel, message));
    this.exited = new Promise((resolve) => {
      channel.onExit((how, lastWords) => {
        this.handleExit(how, lastWords);
        resolve();
      });
    });
    channel.send(this.settings.load);
  }

  private handleMessage(channel: EngineChannel, message: FromEngine): void {
    this.silentTicks = 0;
    switch (message.kind) {
      case 'loaded':
      case 'loadedPredict':
        this.handleLoaded(channel, message.report as Report);
        return;
      case 'failed':
        this.handleRefusal(channel, this.settings.explainRefusal(message.error.message));
        return;
      case 'heartbeat':
        this.lastStats = message.stats;
        this.observer.stats(message.stats);
        return;
      default:
        this.work.handle(message);
    }
  }

  private handleLoaded(channel: EngineChannel, report: Report): void {
    this.state = 'ready';
    this.reason = null;
    this.report = report;
    this.observer.loaded(report);
    this.work.connect(channel);
  }

  /** The engine lives, but says that the model cannot be loaded: for good, unless an earlier engine could. */
  private handleRefusal(channel: EngineChannel, words: string): void {
    if (this.report === null) this.refuseModel(words);
    else this.loadFailure = words;
    channel.kill();
  }

  private refuseModel(reason: string): void {
    this.loadRefused = true;
    this.state = 'failed';
    this.reason = reason;
    this.observer.ended(reason, null);
    this.work.failAll(modelFailed());
  }

  private handleExit(how: string, lastWords: string | null): void {
    this.channel = null;
    this.lastStats = null;
    if (this.stopping || this.loadRefused) return;
    const decision = decideRestart(this.fruitless, this.work.finishedByEngine);
    this.fruitless = decision.fruitless;
    this.work.disconnect(how);
    this.state = decision.breakerOpen ? 'failed' : 'restarting';
    const words = this.loadFailure ?? (lastWords === null ? how : `${how}; its last words: ${lastWords}`);
    this.reason = `the engine ended: ${words}`;
    if (decision.breakerOpen) {
      this.reason += `, ${decision.fruitless} times without finishing a request; the next try is in ${decision.delayMs / 1000} s`;
      this.work.failAll(modelFailed());
    }
    this.observer.ended(words, decision.delayMs);
    this.restartTimer = setTimeout(() => {
      this.restartTimer = null;
      this.restarts += 1;
      this.spawnEngine();
    }, decision.delayMs);
  }

  private checkHeartbeat(): void {
    if (this.state !== 'ready') return;
    this.silentTicks += 1;
    if (this.sinceProgressMs <= this.settings.stallMs) return;
    this.observer.output(`no progress for ${Math.round(this.sinceProgressMs)} ms: the engine is replaced`);
    this.channel?.kill();
  }
}

/** Why is the operator's business: reasons name files. */
function modelFailed(): AppError {
  return new AppError('model_failed', 'The model cannot be served; /ready and the log say why.');
}

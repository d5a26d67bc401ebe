/**
 * What the service counts about itself, and the words the rooms use to say it. Callers know no metric name and no
 * prom-client; a scrape reads numbers that are already here and waits for nobody.
 */
import { Counter, Histogram, Registry } from 'prom-client';
import { HTTP_BUCKETS } from './buckets.js';
import type { EventLoopDelay } from './event-loop-delay.js';
import { newFigures, NO_SUMS, type EngineSums, type ModelFigures } from './model-figures.js';
import { registerModelGauges, registerModelInstruments, type ModelInstruments } from './model-instruments.js';
import { registerProcessMetrics } from './process-metrics.js';
import { RequestMetrics } from './request-metrics.js';
import { registerVllmAliases } from './vllm-aliases.js';

export interface MetricsOptions {
  /** Also expose the gauges an inference gateway reads, under their vLLM names. */
  vllmAliases: boolean;
}

/** How answered requests of a kind of work may end: the values of `finish_reason`. */
const FINISH_REASONS = { chat: ['stop', 'length'], predict: ['result'] } as const;

export type Workload = keyof typeof FINISH_REASONS;

/** What loading found, as far as it is shown. */
export interface LoadedEngine {
  provider: string;
  runtimeVersion: string;
  kvElementType: string;
  slots: number;
  /** Tokens per slot. */
  capacity: number;
  loadMs: number;
  warmupMs: number;
}

/** What a heartbeat tells, as far as it is shown. */
export interface EngineFigures extends EngineSums {
  kvTokensUsed: number;
  kvTokensTotal: number;
}

export interface HttpExchange {
  method: string;
  /** The template of the route, never the path itself. */
  route: string;
  status: number;
  seconds: number;
}

export class Metrics {
  private readonly registry = new Registry();
  private readonly models = new Map<string, ModelFigures>();
  private readonly instruments: ModelInstruments;
  private readonly eventLoop: EventLoopDelay;
  private readonly httpRequests: Counter<'route' | 'method' | 'status'>;
  private readonly httpDuration: Histogram<'route' | 'method' | 'status'>;
  private readonly authDecisions: Counter<'method' | 'outcome' | 'code'>;

  constructor(options: MetricsOptions) {
    const registers = [this.registry];
    this.httpRequests = new Counter({
      name: 'ingot_http_requests_total',
      help: 'Requests on the main port by route; status 499: the caller left before the answer was whole.',
      labelNames: ['route', 'method', 'status'],
      registers,
    });
    this.httpDuration = new Histogram({
      name: 'ingot_http_request_duration_seconds',
      help: 'From the request line to the last byte of the answer.',
      labelNames: ['route', 'method', 'status'],
      buckets: HTTP_BUCKETS,
      registers,
    });
    this.authDecisions = new Counter({
      name: 'ingot_auth_decisions_total',
      help: 'Decisions about credentials; code is the error code of a refusal, else empty.',
      labelNames: ['method', 'outcome', 'code'],
      registers,
    });
    this.instruments = registerModelInstruments(this.registry);
    registerModelGauges(this.registry, this.models);
    if (options.vllmAliases) registerVllmAliases(this.registry, this.models);
    this.eventLoop = registerProcessMetrics(this.registry);
  }

  /** Content type of `scrape()`. */
  get contentType(): string {
    return this.registry.contentType;
  }

  /** Everything, in Prometheus' text format. */
  scrape(): Promise<string> {
    return this.registry.metrics();
  }

  /** Ends the sampling of the event loop. */
  stop(): void {
    this.eventLoop.stop();
  }

  httpExchange({ method, route, status, seconds }: HttpExchange): void {
    const labels = { method, route, status };
    this.httpRequests.inc(labels);
    this.httpDuration.observe(labels, seconds);
  }

  /** Bytes on the main port that were no request: there is no route, and no start to measure from. */
  malformedRequest(status: number): void {
    this.httpRequests.inc({ method: 'other', route: 'unmatched', status });
  }

  /** @param code the error code of the refusal; null: the caller was let in */
  authDecided(method: 'api_key' | 'entra' | 'none', code: string | null): void {
    this.authDecisions.inc({ method, outcome: code === null ? 'accepted' : 'refused', code: code ?? '' });
  }

  /** Shows a model before anything happens to it, all its sums at zero. */
  addModel(model: string, workload: Workload = 'chat'): void {
    this.figures(model, workload);
  }

  /** The request has a place; what happens to it is told to the value returned. */
  requestAccepted(model: string): RequestMetrics {
    return new RequestMetrics(this.figures(model), this.instruments);
  }

  engineLoaded(model: string, engine: LoadedEngine): void {
    const figures = this.figures(model);
    figures.engineUp = true;
    figures.slots = engine.slots;
    figures.slotCapacity = engine.capacity;
    figures.kvTokensTotal = engine.slots * engine.capacity;
    this.instruments.loadTime.set({ model }, (engine.loadMs + engine.warmupMs) / 1000);
    const { provider, runtimeVersion, kvElementType } = engine;
    this.instruments.info.set({ model, provider, runtime_version: runtimeVersion, kv_element_type: kvElementType }, 1);
  }

  /** @param restarts whether another engine is started in its place */
  engineEnded(model: string, restarts: boolean): void {
    const figures = this.figures(model);
    figures.engineUp = false;
    figures.kvTokensUsed = 0;
    figures.engineSums = NO_SUMS;
    if (restarts) this.instruments.restarts.inc({ model });
  }

  /** The engine tells its sums since it was started; the counters outlive it. Late words of an ended one are dropped. */
  setEngineStats(model: string, stats: EngineFigures): void {
    const figures = this.figures(model);
    if (!figures.engineUp) return;
    const { steps, prefillTokens, decodeTokens, kvTokensUsed, kvTokensTotal } = stats;
    const before = figures.engineSums;
    this.instruments.steps.inc({ model }, steps - before.steps);
    this.instruments.prefillTokens.inc({ model }, prefillTokens - before.prefillTokens);
    this.instruments.decodeTokens.inc({ model }, decodeTokens - before.decodeTokens);
    figures.engineSums = { steps, prefillTokens, decodeTokens };
    figures.kvTokensUsed = kvTokensUsed;
    figures.kvTokensTotal = kvTokensTotal;
  }

  private figures(model: string, workload: Workload = 'chat'): ModelFigures {
    const known = this.models.get(model);
    if (known) return known;
    const figures = newFigures(model);
    this.models.set(model, figures);
    const { finished, ...others } = this.instruments;
    for (const instrument of Object.values(others)) {
      // Those with a second label have no series before it is known.
      if (instrument instanceof Counter && instrument !== others.failed) instrument.inc({ model }, 0);
    }
    for (const reason of FINISH_REASONS[workload]) finished.inc({ model, finish_reason: reason }, 0);
    return figures;
  }
}

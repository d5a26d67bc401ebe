/**
 * One accepted request on its way through the counters: waiting → running → finished, failed or cancelled.
 *
 * It makes the books balance: accepted = finished + failed + cancelled + running + waiting, at every instant, because a
 * request is in exactly one of them. A second ending changes nothing.
 */
import type { ModelFigures } from './model-figures.js';
import type { ModelInstruments } from './model-instruments.js';

export interface FinishedRequest {
  /** The engine's view: `stop` or `length`. */
  finishReason: string;
  promptTokens: number;
  cachedTokens: number;
  completionTokens: number;
  queueSeconds: number;
  prefillSeconds: number;
  decodeSeconds: number;
  /** From acceptance to the end. */
  totalSeconds: number;
}

export interface FinishedPrediction {
  queueSeconds: number;
  /** Of the whole run, shared or not. */
  runSeconds: number;
  /** Requests in the run. */
  batchSize: number;
  /** From acceptance to the end. */
  totalSeconds: number;
}

export class RequestMetrics {
  private phase: 'waiting' | 'running' | 'ended' = 'waiting';

  constructor(
    private readonly figures: ModelFigures,
    private readonly instruments: ModelInstruments,
  ) {
    figures.waiting += 1;
    instruments.accepted.inc({ model: figures.model });
  }

  /** The engine started its first prefill chunk, or its run. */
  started(): void {
    if (this.phase !== 'waiting') return;
    this.leave();
    this.phase = 'running';
    this.figures.running += 1;
  }

  /** @param seconds from acceptance to the first text */
  firstToken(seconds: number): void {
    this.instruments.firstToken.observe({ model: this.figures.model }, seconds);
  }

  /** @param seconds since the text before, divided by the tokens of this one */
  nextToken(seconds: number): void {
    this.instruments.tokenInterval.observe({ model: this.figures.model }, seconds);
  }

  finished(end: FinishedRequest): void {
    if (this.phase === 'ended') return;
    this.end();
    const { figures, instruments } = this;
    const labels = { model: figures.model };
    instruments.finished.inc({ ...labels, finish_reason: end.finishReason });
    instruments.promptTokens.inc(labels, end.promptTokens);
    instruments.cachedTokens.inc(labels, end.cachedTokens);
    instruments.generationTokens.inc(labels, end.completionTokens);
    figures.promptTokens += end.promptTokens;
    figures.cachedTokens += end.cachedTokens;
    instruments.queueTime.observe(labels, end.queueSeconds);
    instruments.prefillTime.observe(labels, end.prefillSeconds);
    instruments.decodeTime.observe(labels, end.decodeSeconds);
    instruments.duration.observe(labels, end.totalSeconds);
  }

  predicted(end: FinishedPrediction): void {
    if (this.phase === 'ended') return;
    this.end();
    const { instruments } = this;
    const labels = { model: this.figures.model };
    instruments.finished.inc({ ...labels, finish_reason: 'result' });
    instruments.predictQueueTime.observe(labels, end.queueSeconds);
    instruments.predictRunTime.observe(labels, end.runSeconds);
    instruments.predictBatchSize.observe(labels, end.batchSize);
    instruments.duration.observe(labels, end.totalSeconds);
  }

  /** @param code an error code of the service */
  failed(code: string): void {
    if (this.phase === 'ended') return;
    this.end();
    this.instruments.failed.inc({ model: this.figures.model, code });
  }

  /** The caller left. */
  cancelled(): void {
    if (this.phase === 'ended') return;
    this.end();
    this.instruments.cancelled.inc({ model: this.figures.model });
  }

  private end(): void {
    this.leave();
    this.phase = 'ended';
  }

  private leave(): void {
    if (this.phase === 'waiting') this.figures.waiting -= 1;
    else if (this.phase === 'running') this.figures.running -= 1;
  }
}

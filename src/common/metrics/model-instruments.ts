/**
 * The counters, histograms and gauges of the models: names, words and labels in one place.
 *
 * Every label is bounded: `model` by what is served, `finish_reason` and `code` by the service's own lists. No label
 * ever holds a key, a user or anything a caller wrote.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import {
  BATCH_BUCKETS,
  DURATION_BUCKETS,
  FIRST_TOKEN_BUCKETS,
  RUN_BUCKETS,
  TOKEN_INTERVAL_BUCKETS,
} from './buckets.js';
import { kvUtilization, type ModelFigures } from './model-figures.js';

export type ModelInstruments = ReturnType<typeof registerModelInstruments>;

export function registerModelInstruments(registry: Registry) {
  const registers = [registry];
  const counter = (name: string, help: string) => new Counter({ name, help, labelNames: ['model'], registers });
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name, help, labelNames: ['model'], buckets, registers });
  return {
    accepted: counter('ingot_requests_accepted_total', 'Requests that were given a place, running or waiting.'),
    finished: new Counter({
      name: 'ingot_requests_finished_total',
      help: 'Accepted requests that were answered whole.',
      labelNames: ['model', 'finish_reason'],
      registers,
    }),
    failed: new Counter({
      name: 'ingot_requests_failed_total',
      help: 'Accepted requests that ended with an error.',
      labelNames: ['model', 'code'],
      registers,
    }),
    cancelled: counter('ingot_requests_cancelled_total', 'Accepted requests whose caller left.'),
    promptTokens: counter('ingot_prompt_tokens_total', 'Prompt tokens of finished requests.'),
    cachedTokens: counter(
      'ingot_cached_prompt_tokens_total',
      'Prompt tokens of finished requests that were taken from the prefix cache.',
    ),
    generationTokens: counter('ingot_generation_tokens_total', 'Generated tokens of finished requests.'),
    firstToken: histogram(
      'ingot_time_to_first_token_seconds',
      'From acceptance to the first text of the answer.',
      FIRST_TOKEN_BUCKETS,
    ),
    tokenInterval: histogram(
      'ingot_inter_token_latency_seconds',
      'Time between two texts of an answer, per token of the later one.',
      TOKEN_INTERVAL_BUCKETS,
    ),
    queueTime: histogram('ingot_request_queue_time_seconds', 'From acceptance to the first prefill.', DURATION_BUCKETS),
    prefillTime: histogram(
      'ingot_request_prefill_time_seconds',
      'From the first prefill to the first token.',
      DURATION_BUCKETS,
    ),
    decodeTime: histogram('ingot_request_decode_time_seconds', 'From the first token to the last.', DURATION_BUCKETS),
    duration: histogram(
      'ingot_request_duration_seconds',
      'From acceptance to the end of the answer.',
      DURATION_BUCKETS,
    ),
    predictQueueTime: histogram(
      'ingot_predict_queue_time_seconds',
      'From the acceptance of a prediction to its run.',
      RUN_BUCKETS,
    ),
    predictRunTime: histogram(
      'ingot_predict_run_time_seconds',
      'Time of the run that answered a prediction, shared with others or not.',
      RUN_BUCKETS,
    ),
    predictBatchSize: histogram(
      'ingot_predict_batch_size',
      'Requests in the run that answered a prediction.',
      BATCH_BUCKETS,
    ),
    restarts: counter('ingot_engine_restarts_total', 'Engine processes started in place of one that ended.'),
    steps: counter(
      'ingot_engine_steps_total',
      'Steps of the engine: at most one prefill chunk and one decode run each.',
    ),
    prefillTokens: counter('ingot_engine_prefill_tokens_total', 'Prompt tokens computed, for any request.'),
    decodeTokens: counter('ingot_engine_decode_tokens_total', 'Tokens generated, for any request.'),
    info: new Gauge({
      name: 'ingot_model_info',
      help: 'What runs the model; always 1.',
      labelNames: ['model', 'provider', 'runtime_version', 'kv_element_type'],
      registers,
    }),
    loadTime: new Gauge({
      name: 'ingot_model_load_seconds',
      help: 'Time the last load took, warm-up included.',
      labelNames: ['model'],
      registers,
    }),
  };
}

/** Gauges read at each scrape from plain numbers; nothing is asked of an engine. */
export function registerModelGauges(registry: Registry, models: ReadonlyMap<string, ModelFigures>): void {
  const gauge = (name: string, help: string, read: (figures: ModelFigures) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['model'],
      registers: [registry],
      collect() {
        for (const figures of models.values()) this.set({ model: figures.model }, read(figures));
      },
    });
  gauge(
    'ingot_requests_waiting',
    'Accepted requests whose prefill or run has not started.',
    (figures) => figures.waiting,
  );
  gauge('ingot_requests_running', 'Requests in prefill, in decode or in a run.', (figures) => figures.running);
  gauge('ingot_slots', 'Sequences that can be decoded together.', (figures) => figures.slots);
  gauge('ingot_slot_capacity_tokens', 'Tokens one sequence may hold.', (figures) => figures.slotCapacity);
  gauge('ingot_kv_cache_utilization_ratio', 'Share of the KV cache held by running requests, 0 to 1.', kvUtilization);
  gauge('ingot_engine_up', 'Whether the engine of the model is loaded: 1 or 0.', (figures) => Number(figures.engineUp));
}

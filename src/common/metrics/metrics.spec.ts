import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Metrics } from './metrics.js';

const MODEL = 'tiny:1';
const ENGINE = {
  provider: 'cpu',
  runtimeVersion: '1.30.0',
  kvElementType: 'float32',
  slots: 4,
  capacity: 1024,
  loadMs: 1500,
  warmupMs: 500,
};
const END = {
  finishReason: 'stop',
  promptTokens: 10,
  cachedTokens: 4,
  completionTokens: 7,
  queueSeconds: 0.1,
  prefillSeconds: 0.2,
  decodeSeconds: 0.3,
  totalSeconds: 0.6,
};

const RESULT = { queueSeconds: 0.001, runSeconds: 0.01, batchSize: 3, totalSeconds: 0.02 };

const made: Metrics[] = [];
function metricsWith(vllmAliases = false): Metrics {
  const metrics = new Metrics({ vllmAliases });
  made.push(metrics);
  return metrics;
}
afterEach(() => made.splice(0).forEach((metrics) => metrics.stop()));

/** `name type {labels}` of every metric, in the order of the scrape; histograms without their series. */
function outline(scrape: string): string[] {
  const types = [...scrape.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map((match) => ({ name: match[1], type: match[2] }));
  return types.map(({ name, type }) => {
    const sample = new RegExp(`^${name}(?:_bucket)?(?:\\{(.*)\\})? `, 'm').exec(scrape);
    const labels = [...(sample?.[1] ?? '').matchAll(/([a-z_]+)="/g)].map((match) => match[1]);
    return `${name} ${type} {${labels.filter((label) => label !== 'le').join(',')}}`;
  });
}

/** The value of one sample, summed over the labels not given. */
function value(scrape: string, name: string, labels: Record<string, string> = {}): number {
  const wanted = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
  return scrape
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .filter((line) => wanted.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

function exercise(metrics: Metrics): void {
  metrics.engineLoaded(MODEL, ENGINE);
  metrics.httpExchange({ method: 'POST', route: '/v1/chat/completions', status: 200, seconds: 0.5 });
  metrics.authDecided('api_key', null);
  const request = metrics.requestAccepted(MODEL);
  request.started();
  request.firstToken(0.3);
  request.nextToken(0.01);
  request.finished(END);
  metrics.requestAccepted(MODEL).predicted(RESULT);
  metrics.requestAccepted(MODEL).failed('engine_restarted');
}

describe('a scrape', () => {
  it('has these metrics, types and labels', async () => {
    const metrics = metricsWith();
    exercise(metrics);
    expect(outline(await metrics.scrape())).toEqual([
      'ingot_http_requests_total counter {method,route,status}',
      'ingot_http_request_duration_seconds histogram {method,route,status}',
      'ingot_auth_decisions_total counter {method,outcome,code}',
      'ingot_requests_accepted_total counter {model}',
      'ingot_requests_finished_total counter {model,finish_reason}',
      'ingot_requests_failed_total counter {model,code}',
      'ingot_requests_cancelled_total counter {model}',
      'ingot_prompt_tokens_total counter {model}',
      'ingot_cached_prompt_tokens_total counter {model}',
      'ingot_generation_tokens_total counter {model}',
      'ingot_time_to_first_token_seconds histogram {model}',
      'ingot_inter_token_latency_seconds histogram {model}',
      'ingot_request_queue_time_seconds histogram {model}',
      'ingot_request_prefill_time_seconds histogram {model}',
      'ingot_request_decode_time_seconds histogram {model}',
      'ingot_request_duration_seconds histogram {model}',
      'ingot_predict_queue_time_seconds histogram {model}',
      'ingot_predict_run_time_seconds histogram {model}',
      'ingot_predict_batch_size histogram {model}',
      'ingot_engine_restarts_total counter {model}',
      'ingot_engine_steps_total counter {model}',
      'ingot_engine_prefill_tokens_total counter {model}',
      'ingot_engine_decode_tokens_total counter {model}',
      'ingot_model_info gauge {model,provider,runtime_version,kv_element_type}',
      'ingot_model_load_seconds gauge {model}',
      'ingot_requests_waiting gauge {model}',
      'ingot_requests_running gauge {model}',
      'ingot_slots gauge {model}',
      'ingot_slot_capacity_tokens gauge {model}',
      'ingot_kv_cache_utilization_ratio gauge {model}',
      'ingot_engine_up gauge {model}',
      'process_cpu_seconds_total counter {}',
      'process_resident_memory_bytes gauge {}',
      'process_start_time_seconds gauge {}',
      'ingot_event_loop_delay_p99_seconds gauge {}',
    ]);
  });

  it('adds what a gateway reads under the vLLM names, on request', async () => {
    const metrics = metricsWith(true);
    exercise(metrics);
    metrics.requestAccepted(MODEL);
    metrics.requestAccepted(MODEL).started();
    metrics.setEngineStats(MODEL, {
      steps: 1,
      prefillTokens: 10,
      decodeTokens: 1,
      kvTokensUsed: 1024,
      kvTokensTotal: 4096,
    });
    const scrape = await metrics.scrape();
    expect(outline(scrape).filter((line) => line.startsWith('vllm:'))).toEqual([
      'vllm:num_requests_running gauge {model_name,engine}',
      'vllm:num_requests_waiting gauge {model_name,engine}',
      'vllm:kv_cache_usage_perc gauge {model_name,engine}',
      'vllm:prefix_cache_queries_total counter {model_name,engine}',
      'vllm:prefix_cache_hits_total counter {model_name,engine}',
      'vllm:cache_config_info gauge {model_name,engine,block_size,num_gpu_blocks}',
    ]);
    const labels = { model_name: MODEL };
    expect(value(scrape, 'vllm:num_requests_running', labels)).toBe(1);
    expect(value(scrape, 'vllm:num_requests_waiting', labels)).toBe(1);
    expect(value(scrape, 'vllm:kv_cache_usage_perc', labels)).toBe(0.25);
    expect(value(scrape, 'vllm:prefix_cache_queries_total', labels)).toBe(10);
    expect(value(scrape, 'vllm:prefix_cache_hits_total', labels)).toBe(4);
    expect(value(scrape, 'vllm:cache_config_info', { block_size: '16', num_gpu_blocks: '256' })).toBe(1);
  });

  it('shows a known model at zero before anything happens', async () => {
    const metrics = metricsWith();
    metrics.addModel(MODEL);
    const scrape = await metrics.scrape();
    for (const name of ['ingot_requests_accepted_total', 'ingot_requests_waiting', 'ingot_engine_restarts_total']) {
      expect(scrape).toContain(`${name}{model="${MODEL}"} 0\n`);
    }
    expect(scrape).toContain(`ingot_engine_up{model="${MODEL}"} 0\n`);
  });
});

describe('the figures of a model', () => {
  it('count tokens and times of finished requests', async () => {
    const metrics = metricsWith();
    exercise(metrics);
    const scrape = await metrics.scrape();
    expect(value(scrape, 'ingot_prompt_tokens_total')).toBe(10);
    expect(value(scrape, 'ingot_cached_prompt_tokens_total')).toBe(4);
    expect(value(scrape, 'ingot_generation_tokens_total')).toBe(7);
    expect(value(scrape, 'ingot_request_duration_seconds_sum')).toBeCloseTo(0.62);
    expect(value(scrape, 'ingot_predict_run_time_seconds_sum')).toBeCloseTo(0.01);
    expect(value(scrape, 'ingot_predict_batch_size_sum')).toBe(3);
    expect(value(scrape, 'ingot_requests_finished_total', { finish_reason: 'result' })).toBe(1);
    expect(value(scrape, 'ingot_requests_failed_total', { code: 'engine_restarted' })).toBe(1);
    expect(value(scrape, 'ingot_model_load_seconds')).toBe(2);
  });

  it("keep growing when an engine's own sums start anew, and drop its late words", async () => {
    const metrics = metricsWith();
    const stats = { steps: 5, prefillTokens: 50, decodeTokens: 20, kvTokensUsed: 2048, kvTokensTotal: 4096 };
    metrics.engineLoaded(MODEL, ENGINE);
    metrics.setEngineStats(MODEL, stats);
    metrics.engineEnded(MODEL, true);
    metrics.setEngineStats(MODEL, { ...stats, steps: 6 });
    expect(value(await metrics.scrape(), 'ingot_kv_cache_utilization_ratio')).toBe(0);
    expect(value(await metrics.scrape(), 'ingot_engine_up')).toBe(0);
    metrics.engineLoaded(MODEL, ENGINE);
    metrics.setEngineStats(MODEL, { ...stats, steps: 2, decodeTokens: 3 });
    const scrape = await metrics.scrape();
    expect(value(scrape, 'ingot_engine_steps_total')).toBe(7);
    expect(value(scrape, 'ingot_engine_decode_tokens_total')).toBe(23);
    expect(value(scrape, 'ingot_engine_restarts_total')).toBe(1);
    expect(value(scrape, 'ingot_engine_up')).toBe(1);
    expect(value(scrape, 'ingot_kv_cache_utilization_ratio')).toBe(0.5);
  });

  it('balance after every step of any history', async () => {
    const step = fc.record({
      which: fc.nat({ max: 7 }),
      what: fc.constantFrom('accept', 'start', 'finish', 'predict', 'fail', 'cancel'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const metrics = metricsWith();
        metrics.addModel(MODEL);
        const requests: ReturnType<Metrics['requestAccepted']>[] = [];
        for (const { which, what } of steps) {
          const request = requests[which % Math.max(1, requests.length)];
          if (what === 'accept') requests.push(metrics.requestAccepted(MODEL));
          else if (what === 'start') request?.started();
          else if (what === 'finish') request?.finished(END);
          else if (what === 'predict') request?.predicted(RESULT);
          else if (what === 'fail') request?.failed('internal_error');
          else request?.cancelled();
        }
        const scrape = await metrics.scrape();
        const ended = ['finished', 'failed', 'cancelled'].map((kind) => value(scrape, `ingot_requests_${kind}_total`));
        const present = ['running', 'waiting'].map((kind) => value(scrape, `ingot_requests_${kind}`));
        expect(value(scrape, 'ingot_requests_accepted_total')).toBe(requests.length);
        expect([...ended, ...present].reduce((sum, count) => sum + count, 0)).toBe(requests.length);
        expect(Math.min(...present)).toBeGreaterThanOrEqual(0);
        metrics.stop();
      }),
      { numRuns: 100 },
    );
  });
});

describe('decisions about credentials', () => {
  it('are counted by method, outcome and code', async () => {
    const metrics = metricsWith();
    metrics.authDecided('api_key', null);
    metrics.authDecided('none', 'missing_credentials');
    const scrape = await metrics.scrape();
    expect(scrape).toContain('ingot_auth_decisions_total{method="api_key",outcome="accepted",code=""} 1');
    expect(scrape).toContain(
      'ingot_auth_decisions_total{method="none",outcome="refused",code="missing_credentials"} 1',
    );
  });
});

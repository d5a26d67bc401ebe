/**
 * The same figures under the names that vLLM gives them, for an inference gateway's endpoint picker and for dashboards
 * made for vLLM.
 *
 * Waiting excludes running, and the cache's use is 0 to 1, as the picker expects. There are no adapters here, so there is
 * no `vllm:lora_requests_info`, as in a vLLM that serves none. Cached prompt tokens stand for prefix-cache hits.
 */
import { Counter, Gauge, type Registry } from 'prom-client';
import { kvUtilization, type ModelFigures } from './model-figures.js';

/** The picker reckons in blocks. Slots have none, and prefixes are shared to the token: any size is true. */
const BLOCK_SIZE = 16;

type Label = 'model_name' | 'engine';

export function registerVllmAliases(registry: Registry, models: ReadonlyMap<string, ModelFigures>): void {
  const gauge = (name: string, help: string, read: (figures: ModelFigures) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['model_name', 'engine'] satisfies Label[],
      registers: [registry],
      collect() {
        for (const figures of models.values()) this.set(labels(figures), read(figures));
      },
    });
  const counter = (name: string, help: string, read: (figures: ModelFigures) => number) =>
    new Counter({
      name,
      help,
      labelNames: ['model_name', 'engine'] satisfies Label[],
      registers: [registry],
      collect() {
        this.reset();
        for (const figures of models.values()) this.inc(labels(figures), read(figures));
      },
    });

  gauge('vllm:num_requests_running', 'Same as ingot_requests_running.', (figures) => figures.running);
  gauge('vllm:num_requests_waiting', 'Same as ingot_requests_waiting.', (figures) => figures.waiting);
  gauge('vllm:kv_cache_usage_perc', 'Same as ingot_kv_cache_utilization_ratio: 0 to 1.', kvUtilization);
  counter('vllm:prefix_cache_queries_total', 'Same as ingot_prompt_tokens_total.', (figures) => figures.promptTokens);
  counter(
    'vllm:prefix_cache_hits_total',
    'Same as ingot_cached_prompt_tokens_total.',
    (figures) => figures.cachedTokens,
  );
  registerCacheConfig(registry, models);
}

function registerCacheConfig(registry: Registry, models: ReadonlyMap<string, ModelFigures>): void {
  const cacheConfig = new Gauge({
    name: 'vllm:cache_config_info',
    help: 'The size of the KV cache, counted in blocks of 16 tokens.',
    labelNames: ['model_name', 'engine', 'block_size', 'num_gpu_blocks'],
    registers: [],
    collect() {
      this.reset();
      for (const figures of models.values()) {
        const blocks = Math.floor((figures.slots * figures.slotCapacity) / BLOCK_SIZE);
        this.set({ ...labels(figures), block_size: BLOCK_SIZE, num_gpu_blocks: blocks }, 1);
      }
    },
  });
  registry.registerMetric(cacheConfig);
}

function labels(figures: ModelFigures): Record<Label, string> {
  return { model_name: figures.model, engine: '0' };
}

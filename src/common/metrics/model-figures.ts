/**
 * The present state of each model, as plain numbers: what the gauges and their vLLM twins show at a scrape.
 *
 * It does not know prom-client. Waiting and running are counted from the requests themselves, not from the engine's
 * heartbeat, so they agree with the counters at every instant.
 */
export interface ModelFigures {
  readonly model: string;
  /** Accepted, and no prefill chunk of it has started. */
  waiting: number;
  /** Started and not ended. */
  running: number;
  engineUp: boolean;
  slots: number;
  /** Tokens. */
  slotCapacity: number;
  kvTokensUsed: number;
  kvTokensTotal: number;
  /** Sums of the engine process that lives now; it starts at zero again after a restart. */
  engineSums: EngineSums;
  promptTokens: number;
  cachedTokens: number;
}

export interface EngineSums {
  steps: number;
  prefillTokens: number;
  decodeTokens: number;
}

export const NO_SUMS: EngineSums = { steps: 0, prefillTokens: 0, decodeTokens: 0 };

export function newFigures(model: string): ModelFigures {
  return {
    model,
    waiting: 0,
    running: 0,
    engineUp: false,
    slots: 0,
    slotCapacity: 0,
    kvTokensUsed: 0,
    kvTokensTotal: 0,
    engineSums: NO_SUMS,
    promptTokens: 0,
    cachedTokens: 0,
  };
}

/** Between 0 and 1. */
export function kvUtilization(figures: ModelFigures): number {
  return figures.kvTokensTotal === 0 ? 0 : Math.min(1, figures.kvTokensUsed / figures.kvTokensTotal);
}

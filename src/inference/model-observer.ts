/**
 * Says what happens to one model, in counters and in the log.
 */
import type { Metrics } from '../common/metrics/metrics.js';
import type { RequestMetrics } from '../common/metrics/request-metrics.js';
import type { LoadReport } from '../engine/protocol.js';
import type { EngineObserver } from './engine-supervisor.js';

export interface ModelObserver extends EngineObserver {
  requestAccepted(): RequestMetrics;
}

/** The part of a logger that is needed here. */
export interface ModelLog {
  log(line: string): void;
  warn(line: string): void;
  error(line: string): void;
}

/** @param onFirstLoad called when the first engine of the model is ready; its successors are only logged */
export function observeModel(
  modelId: string,
  metrics: Metrics,
  log: ModelLog,
  onFirstLoad: (report: LoadReport) => void,
): ModelObserver {
  let loads = 0;
  metrics.addModel(modelId);
  return {
    requestAccepted: () => metrics.requestAccepted(modelId),
    loaded(report) {
      loads += 1;
      metrics.engineLoaded(modelId, report);
      if (loads === 1) onFirstLoad(report);
      else log.log(`${modelId}: the engine is back after ${Math.round(report.loadMs + report.warmupMs)} ms`);
    },
    ended(how, restartMs) {
      metrics.engineEnded(modelId, restartMs !== null);
      if (restartMs === null) log.error(`${modelId}: cannot be served: ${how}`);
      else log.warn(`${modelId}: the engine ended: ${how}; another starts in ${restartMs} ms`);
    },
    stats(stats) {
      metrics.setEngineStats(modelId, stats);
    },
    output(line) {
      log.warn(`${modelId}: engine: ${line}`);
    },
  };
}

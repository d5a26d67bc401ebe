/**
 * Says what happens to one model, in counters and in the log.
 */
import type { LoadedEngine, Metrics, Workload } from '../common/metrics/metrics.js';
import type { RequestMetrics } from '../common/metrics/request-metrics.js';
import type { LoadReport } from '../engine/protocol.js';
import type { AnyReport, EngineObserver } from './engine-supervisor.js';

export interface ModelObserver<Report extends AnyReport = LoadReport> extends EngineObserver<Report> {
  requestAccepted(): RequestMetrics;
}

/** The part of a logger that is needed here. */
export interface ModelLog {
  log(line: string): void;
  warn(line: string): void;
  error(line: string): void;
}

export interface ObservedModel {
  id: string;
  workload: Workload;
}

/** @param onFirstLoad called when the first engine of the model is ready; its successors are only logged */
export function observeModel<Report extends AnyReport>(
  { id: modelId, workload }: ObservedModel,
  metrics: Metrics,
  log: ModelLog,
  onFirstLoad: (report: Report) => void,
): ModelObserver<Report> {
  let loads = 0;
  metrics.addModel(modelId, workload);
  return {
    requestAccepted: () => metrics.requestAccepted(modelId),
    loaded(report) {
      loads += 1;
      metrics.engineLoaded(modelId, loadedEngine(report));
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

/** One-shot models hold no sequences. */
function loadedEngine(report: AnyReport): LoadedEngine {
  return 'slots' in report ? report : { ...report, kvElementType: 'none', slots: 0, capacity: 0 };
}

/** Writes the events of one request into its record: times to and between texts, and how it ended. */
import type { RequestMetrics } from '../common/metrics/request-metrics.js';
import type { TextEvent } from './generation.js';

export class EventRecorder {
  private lastTextAt: number | null = null;

  /** @param acceptedAt as `performance.now()` said */
  constructor(
    private readonly metrics: RequestMetrics,
    private readonly acceptedAt: number,
  ) {}

  record(event: TextEvent): void {
    const now = performance.now();
    switch (event.kind) {
      case 'started':
        this.metrics.started();
        return;
      case 'text':
        if (this.lastTextAt === null) this.metrics.firstToken((now - this.acceptedAt) / 1000);
        else if (event.tokens > 0) this.metrics.nextToken((now - this.lastTextAt) / 1000 / event.tokens);
        this.lastTextAt = now;
        return;
      case 'end':
        this.metrics.finished({
          finishReason: event.finishReason,
          ...event.usage,
          queueSeconds: event.timings.queueMs / 1000,
          prefillSeconds: event.timings.prefillMs / 1000,
          decodeSeconds: event.timings.decodeMs / 1000,
          totalSeconds: (now - this.acceptedAt) / 1000,
        });
        return;
      default:
        event satisfies never;
    }
  }
}

/**
 * How late the server's event loop answers its timers: the figure behind every late probe and every jerky stream.
 *
 * Scraping changes nothing here, so that several scrapers at any pace read the same value.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;
const WINDOW_MS = 10_000;

export class EventLoopDelay {
  private readonly histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private readonly turn: NodeJS.Timeout;
  private lastWindow = 0;

  constructor() {
    this.histogram.enable();
    this.turn = setInterval(() => this.turnWindow(), WINDOW_MS);
    this.turn.unref();
  }

  /** The worse of the last whole window of 10 s and the current one. */
  get p99Seconds(): number {
    return Math.max(this.lastWindow, this.currentWindow());
  }

  stop(): void {
    clearInterval(this.turn);
    this.histogram.disable();
  }

  /** The histogram holds whole timer intervals: an idle loop reads as the resolution. */
  private currentWindow(): number {
    if (this.histogram.count === 0) return 0;
    return Math.max(0, this.histogram.percentile(99) / 1e9 - RESOLUTION_MS / 1e3);
  }

  private turnWindow(): void {
    this.lastWindow = this.currentWindow();
    this.histogram.reset();
  }
}

/** A clock that stands still until it is told to move, and then calls what is due, in order. */
import type { Clock } from '../../src/auth/clock.js';

interface Timer {
  at: number;
  callback: () => void;
}

export class ManualClock implements Clock {
  private time = 0;
  private timers: Timer[] = [];

  readonly now = (): number => this.time;

  /** How many calls are still to come. */
  get pending(): number {
    return this.timers.length;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.time + ms, callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  advance(ms: number): void {
    this.time += ms;
    const due = this.timers.filter((timer) => timer.at <= this.time).sort((a, b) => a.at - b.at);
    this.timers = this.timers.filter((timer) => timer.at > this.time);
    for (const timer of due) timer.callback();
  }
}

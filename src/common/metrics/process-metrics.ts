/**
 * What the server process itself costs, under the names every Prometheus dashboard knows. The engine processes are
 * not in it. Reads two system calls per scrape: prom-client's own set reads files and walks open handles.
 */
import { Counter, Gauge, type Registry } from 'prom-client';
import { EventLoopDelay } from './event-loop-delay.js';

/** Returns what must be stopped with the process. */
export function registerProcessMetrics(registry: Registry): EventLoopDelay {
  const cpuTime = new Counter({
    name: 'process_cpu_seconds_total',
    help: 'CPU time of the server process, user and system.',
    registers: [],
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  const residentMemory = new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of the server process.',
    registers: [],
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  const startTime = new Gauge({
    name: 'process_start_time_seconds',
    help: 'Start of the server process, in seconds since the epoch.',
    registers: [],
  });
  startTime.set(Math.round(performance.timeOrigin / 1000));
  const delay = new EventLoopDelay();
  const loopDelay = new Gauge({
    name: 'ingot_event_loop_delay_p99_seconds',
    help: "How late the server's event loop ran its timers: 99th percentile of the last 10 to 20 s.",
    registers: [],
    collect() {
      this.set(delay.p99Seconds);
    },
  });
  for (const metric of [cpuTime, residentMemory, startTime, loopDelay]) registry.registerMetric(metric);
  return delay;
}

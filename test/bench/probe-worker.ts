/**
 * Probes from a thread of their own, so that the bench's own work does not delay them: one request per interval by
 * intended send time, whether or not the one before has come back.
 */
import { get } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

export interface ProbeTask {
  url: string;
  headers: Record<string, string>;
  intervalMs: number;
  count: number;
}

const { url, headers, intervalMs, count } = workerData as ProbeTask;

function probe(sendAt: number): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { headers }, (response) => {
      response.resume();
      response.on('end', () => resolve(performance.now() - sendAt));
    }).on('error', reject);
  });
}

const startedAt = performance.now();
const pending: Promise<number>[] = [];
for (let number = 0; number < count; number += 1) {
  const sendAt = startedAt + number * intervalMs;
  const wait = sendAt - performance.now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  pending.push(probe(Math.max(sendAt, performance.now())));
}
parentPort!.postMessage(await Promise.all(pending));

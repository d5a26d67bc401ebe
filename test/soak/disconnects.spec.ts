import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChatModel } from '../support/real-model.js';
import { RunningServer } from '../support/running-server.js';

const DISCONNECTS = 300;
const CLIENTS = 12;
/** Two decode steps and a prefill chunk of this model take less than this on any machine. */
const SETTLE_MS = 5000;

describe.skipIf(!hasChatModel)('clients that leave', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await RunningServer.start();
    await server.ready();
  });
  afterAll(() => server.stop());

  it(`leave nothing behind after ${DISCONNECTS} disconnects at random moments`, { timeout: 300_000 }, async () => {
    await leave(server, 0, 400);
    const openBefore = openFiles(server.pid);
    let number = 0;
    const client = async () => {
      while (number < DISCONNECTS) {
        number += 1;
        await leave(server, number, Math.random() * 400);
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));

    const deadline = performance.now() + SETTLE_MS;
    await server.until(async () => {
      if (performance.now() > deadline) throw new Error('a slot or a place in the queue was not given back');
      return (
        (await server.metric('ingot_requests_running')) + (await server.metric('ingot_requests_waiting')) === 0 &&
        (await server.metric('ingot_kv_cache_utilization_ratio')) === 0
      );
    }, 'everything is given back');

    const [accepted, finished, failed, cancelled] = await Promise.all(
      ['accepted', 'finished', 'failed', 'cancelled'].map((kind) => server.metric(`ingot_requests_${kind}_total`)),
    );
    expect(failed).toBe(0);
    expect(accepted).toBe(finished + cancelled);
    expect(cancelled).toBeGreaterThan(DISCONNECTS / 3);
    await server.until(() => openFiles(server.pid) <= openBefore + 2, 'the sockets are closed');
    expect(server.output).not.toMatch(/MaxListenersExceeded|"level":"error"/);
    console.log(`${DISCONNECTS} disconnects: ${cancelled} cancelled, ${finished} had finished`);
  });
});

/** Asks and leaves after `afterMs`, streaming or not, with a short prompt or a long one. */
async function leave(server: RunningServer, number: number, afterMs: number): Promise<void> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), afterMs);
  const content = number % 3 === 0 ? 'Tell me a story. '.repeat(120) : 'Tell me a story.';
  try {
    const response = await server.chat(
      { messages: [{ role: 'user', content }], max_tokens: 200, stream: number % 2 === 0 },
      abort.signal,
    );
    await response.text();
  } catch (error) {
    if (!abort.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
  }
}

function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

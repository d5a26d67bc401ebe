import { describe, expect, it } from 'vitest';
import { hasChatModel } from '../support/real-model.js';
import { RunningServer } from '../support/running-server.js';
import { errorOf, finishOf, readStream } from '../support/sse-client.js';

const SIGTERMS = 20;
const STREAMS = 16;

describe.skipIf(!hasChatModel)('SIGTERM', () => {
  it(`cuts none of ${STREAMS} streams, ${SIGTERMS} times, and ends with 0`, { timeout: 400_000 }, async () => {
    for (let round = 0; round < SIGTERMS; round += 1) await expectDrain();
  });

  it('takes two signals at once for one, and a later one for impatience', { timeout: 60_000 }, async () => {
    for (const [laterMs, code] of [
      [0, 0],
      [1200, 1],
    ] as const) {
      const server = await RunningServer.start();
      await server.ready();
      const response = await server.chat(storyRequest(code === 0 ? 48 : 2000));
      const reading = readStream(response).catch(() => null);
      server.signal('SIGTERM');
      await new Promise((resolve) => setTimeout(resolve, laterMs));
      server.signal('SIGTERM');
      expect((await reading)?.done ?? false).toBe(code === 0);
      expect(await server.exited()).toEqual({ code, signal: null });
    }
  });

  it(
    'ends what does not finish within DRAIN_TIMEOUT_MS with an error event and [DONE]',
    { timeout: 60_000 },
    async () => {
      const server = await RunningServer.start({ DRAIN_TIMEOUT_MS: '300' });
      await server.ready();
      const response = await server.chat(storyRequest(4000));
      const reading = readStream(response);
      server.signal('SIGTERM');
      const read = await reading;
      expect(errorOf(read)).toMatchObject({ code: 'shutting_down', type: 'server_error', param: null });
      expect(read.done).toBe(true);
      expect(await server.exited()).toEqual({ code: 0, signal: null });
    },
  );
});

async function expectDrain(): Promise<void> {
  const server = await RunningServer.start();
  await server.ready();
  const streams = Array.from({ length: STREAMS }, async () => readStream(await server.chat(storyRequest(48))));
  // Half of them run and half wait for a slot.
  await server.until(
    async () => (await server.metric('ingot_requests_accepted_total')) === STREAMS,
    'all are accepted',
  );
  server.signal('SIGTERM');
  await server.until(async () => (await fetch(`${server.managementUrl}/ready`)).status === 503, 'it is not ready');
  const refused = await server.chat(storyRequest(1));
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('1');

  for (const read of await Promise.all(streams)) {
    expect(errorOf(read)).toBeUndefined();
    expect(finishOf(read)).toBe('length');
    expect(read.done).toBe(true);
  }
  expect(await server.exited()).toEqual({ code: 0, signal: null });
}

function storyRequest(tokens: number) {
  return {
    messages: [{ role: 'user', content: 'Write a long story about a dog.' }],
    max_tokens: tokens,
    ignore_eos: true,
    stream: true,
  };
}

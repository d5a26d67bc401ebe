import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChatModel } from '../support/real-model.js';
import { RunningServer } from '../support/running-server.js';
import { errorOf, finishOf, readStream } from '../support/sse-client.js';

const KILLS = 50;
const CLIENTS = 8;

/** Every way a client may be answered; anything else is a lost request. */
type Answer = 'finished' | 'told' | 'lost';

describe.skipIf(!hasChatModel)('an engine that is killed under load', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await RunningServer.start();
    await server.ready();
  });
  afterAll(() => server.stop());

  it(`comes back by itself ${KILLS} times, and every client is answered`, { timeout: 400_000 }, async () => {
    const answers: Answer[] = [];
    const load = { on: true };
    const client = async (number: number) => {
      for (let turn = 0; load.on; turn += 1) answers.push(await ask(server, number % 2 === 0, turn));
    };
    const clients = Array.from({ length: CLIENTS }, (_, number) => client(number));
    const serverPid = server.pid;

    for (let kill = 0; kill < KILLS; kill += 1) {
      await server.ready();
      const before = answers.length;
      // Let the new engine finish something, so that it dies in the middle of useful work.
      await server.until(() => answers.length > before, 'a request is answered');
      const [engine] = server.enginePids;
      process.kill(engine, 'SIGKILL');
      await server.until(() => !server.enginePids.includes(engine), 'the engine is gone');
    }
    await server.ready();
    load.on = false;
    await Promise.all(clients);

    expect(server.pid).toBe(serverPid);
    expect(answers.filter((answer) => answer === 'lost')).toEqual([]);
    expect(answers.filter((answer) => answer === 'told').length).toBeGreaterThan(0);
    expect(answers.filter((answer) => answer === 'finished').length).toBeGreaterThan(KILLS / 2);
    expect(await server.metric('ingot_engine_restarts_total')).toBe(KILLS);
    expect(await server.metric('ingot_requests_running')).toBe(0);
    expect(await server.metric('ingot_requests_waiting')).toBe(0);
    console.log(
      `${KILLS} kills: ${answers.length} requests, ${answers.filter((a) => a === 'told').length} told of a restart`,
    );
  });
});

async function ask(server: RunningServer, stream: boolean, turn: number): Promise<Answer> {
  const response = await server.chat({
    messages: [{ role: 'user', content: `Count to ten, please (${turn}).` }],
    max_tokens: 24,
    temperature: 0,
    stream,
  });
  if (response.status !== 200) return told((await response.json()) as { error?: { code: string } });
  if (!stream) {
    const body = (await response.json()) as { choices: { finish_reason: string }[] };
    return body.choices[0]?.finish_reason ? 'finished' : 'lost';
  }
  const read = await readStream(response);
  if (!read.done) return 'lost';
  const error = errorOf(read);
  if (error) return told({ error });
  return finishOf(read) === null ? 'lost' : 'finished';
}

function told(body: { error?: { code: string } }): Answer {
  return body.error?.code === 'engine_restarted' ? 'told' : 'lost';
}

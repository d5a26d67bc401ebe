import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  attacks,
  badCredentials,
  malformedBodies,
  outOfRange,
  rawRequests,
  wrongTypes,
  type HostileRequest,
} from '../support/hostile-requests.js';
import { hasChatModel } from '../support/real-model.js';
import { API_KEY, RunningServer } from '../support/running-server.js';

/** What a Node process may grow by serving a few hundred requests. */
const GROWTH_MIB = 96;

describe.skipIf(!hasChatModel)('hostile requests', () => {
  let server: RunningServer;
  let residentBefore: number;
  let engine: number | undefined;
  beforeAll(async () => {
    server = await RunningServer.start();
    await server.ready();
    residentBefore = residentMiB(server.pid);
    engine = server.enginePids[0];
  });
  afterAll(() => server.stop());

  const authorized = [...malformedBodies, ...wrongTypes, ...outOfRange, ...attacks];

  it('are at least 200', () => {
    expect(authorized.length + badCredentials.length + rawRequests.length).toBeGreaterThanOrEqual(200);
  });

  it.each(authorized)('$name → $status', async (request) => {
    await expectRefusal(server, request, { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' });
  });

  it('are refused without the right credentials', async () => {
    // The limiter of failed attempts would answer 429 in one burst.
    for (const request of badCredentials) {
      await expectRefusal(server, withKey(request), { 'content-type': 'application/json' });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });

  it.each(rawRequests)('raw: $name → $status', async ({ bytes, status }) => {
    const answer = await exchange(server, bytes);
    const [, got] = /^HTTP\/1\.1 (\d{3}) /.exec(answer) ?? [];
    expect(status).toContain(Number(got));
    const body = JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1));
    expect(Object.keys(body.error).sort()).toEqual(['code', 'message', 'param', 'type']);
  });

  it('are counted, also those that were no requests', async () => {
    const scrape = await (await fetch(`${server.managementUrl}/metrics`)).text();
    for (const status of [400, 431]) {
      expect(scrape).toMatch(
        new RegExp(`^ingot_http_requests_total\\{method="other",route="unmatched",status="${status}"\\} [1-9]`, 'm'),
      );
    }
  });

  it('leave the server and its engine as they were', async () => {
    const response = await server.chat({
      messages: [{ role: 'user', content: 'What is the capital of France?' }],
      temperature: 0,
    });
    const body = (await response.json()) as { choices: { message: { content: string } }[] };
    expect(body.choices[0].message.content).toContain('Paris');
    expect(server.enginePids).toEqual([engine]);
    expect(residentMiB(server.pid) - residentBefore).toBeLessThan(GROWTH_MIB);
    expect(({} as Record<string, unknown>).messages).toBeUndefined();
    expect(server.output).not.toContain('"level":"error"');
  });
});

async function expectRefusal(server: RunningServer, request: HostileRequest, base: Record<string, string>) {
  const headers = Object.fromEntries(
    Object.entries({ ...base, ...request.headers }).filter(([, value]) => value !== ''),
  );
  if (request.headers?.['api-key'] === '') headers['api-key'] = '';
  const response = await fetch(`${server.baseUrl}${request.path ?? '/v1/chat/completions'}`, {
    method: request.method ?? 'POST',
    headers,
    ...(request.body === undefined
      ? {}
      : { body: typeof request.body === 'string' ? Buffer.from(request.body) : Buffer.from(request.body) }),
  });
  const text = await response.text();
  const expected = [request.status].flat();
  expect(expected, text).toContain(response.status);
  const { error } = JSON.parse(text) as { error: Record<string, unknown> };
  expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type']);
  expect(error['message']).toEqual(expect.any(String));
  expect(error['message']).not.toBe('');
  expect(text).not.toContain(API_KEY);
  if (request.code) expect(error['code']).toBe(request.code);
}

function withKey(request: HostileRequest): HostileRequest {
  const replace = (value: string) => value.replaceAll('UPPER:KEY', API_KEY.toUpperCase()).replaceAll(/\bKEY/g, API_KEY);
  const headers = Object.fromEntries(
    Object.entries(request.headers ?? {}).map(([name, value]) => [name, replace(value)]),
  );
  return { ...request, headers };
}

/** Sends bytes, reads until the server closes or has been silent for a while. */
function exchange(server: RunningServer, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(server.baseUrl).port), '127.0.0.1');
    let answer = '';
    socket.setTimeout(3000, () => socket.destroy());
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.on('close', () => resolve(answer));
    socket.on('error', (error) => (answer === '' ? reject(error) : resolve(answer)));
    socket.write(Buffer.from(bytes, 'latin1'));
  });
}

function residentMiB(pid: number): number {
  const [, kib] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}

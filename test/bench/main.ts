/**
 * `npm run bench`: what the service costs over a bare loop on the same runtime, and what a peer does with the same file.
 *
 * All arms run in one go, interleaved, one round after another; figures are ratios within a round. It asserts nothing.
 * Variables: BENCH_ROUNDS (7), BENCH_PYTHON (an interpreter that has onnxruntime-genai).
 */
import { cpus } from 'node:os';
import { Worker } from 'node:worker_threads';
import { CHAT_MODEL, hasChatModel } from '../support/real-model.js';
import { API_KEY, RunningServer } from '../support/running-server.js';
import { BareLoop } from './bare-loop.js';
import { GenaiPeer } from './genai-peer.js';
import type { ProbeTask } from './probe-worker.js';
import { median, percentile, ratios, spread } from './statistics.js';
import { decodeRate, timedStream, togetherRate } from './stream-client.js';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 7);
const TOKENS = 128;
const PROMPT = 'Write a long story about a dog who learns to read, and the people it meets on its way.';
/** Words per prompt for the time to the first token; the model's template adds some tokens. */
const TTFT_WORDS = [4, 96, 480];
const LONG_WORDS = 990;
const CAPACITY = 2048;
const PROBES = { intervalMs: 10, count: 1500 };

if (!hasChatModel) process.exit(0);
const threads = cpus().length;
const bare = await BareLoop.load(CHAT_MODEL, threads, CAPACITY);
/** One thread, so that server and client have a core of their own: what the service costs where it need not share. */
const bareNarrow = await BareLoop.load(CHAT_MODEL, 1, CAPACITY);
const server = await RunningServer.start();
/** The same without exact batching: where the hardware asks a price for it, this shows the price. */
const loose = await RunningServer.start({ EXACT_BATCHING: 'false' });
const narrow = await RunningServer.start({ EXACT_BATCHING: 'false', ENGINE_THREADS: '1' });
const genai = await GenaiPeer.start(CHAT_MODEL);
await server.ready();
await loose.ready();
await narrow.ready();

console.log(`${cpus()[0].model}, ${threads} cores, Node ${process.version}, ${ROUNDS} interleaved rounds\n`);
console.log('| measure | figure: median (least to greatest) | goal |');
console.log('| --- | --- | --- |');
await decodeSpeed();
await firstToken();
await longContext();
await probesUnderLoad();
genai?.stop();
await server.stop();
await loose.stop();
await narrow.stop();
process.exit(0);

function row(measure: string, figure: string, goal: string): void {
  console.log(`| ${measure} | ${figure} | ${goal} |`);
}

async function decodeSpeed(): Promise<void> {
  const rates = {
    bare1: [] as number[],
    bare8: [] as number[],
    http1: [] as number[],
    http8: [] as number[],
    loose1: [] as number[],
  };
  const oneThread = { bare: [] as number[], http: [] as number[] };
  const peer = { one: [] as number[], eight: [] as number[] };
  for (let round = -1; round < ROUNDS; round += 1) {
    const keep = (list: number[], value: number) => (round < 0 ? 0 : list.push(value));
    keep(rates.bare1, 1000 / bare.stepMs(1, TOKENS, 42));
    keep(rates.http1, decodeRate(await timedStream(server, PROMPT, TOKENS)));
    keep(rates.loose1, decodeRate(await timedStream(loose, PROMPT, TOKENS)));
    keep(oneThread.bare, 1000 / bareNarrow.stepMs(1, TOKENS, 42));
    keep(oneThread.http, decodeRate(await timedStream(narrow, PROMPT, TOKENS)));
    if (genai) keep(peer.one, await genai.tokensPerSecond(1, TOKENS));
    keep(rates.bare8, 8000 / bare.stepMs(8, TOKENS, 42));
    keep(
      rates.http8,
      togetherRate(await Promise.all(Array.from({ length: 8 }, () => timedStream(server, PROMPT, TOKENS)))),
    );
    if (genai) keep(peer.eight, await genai.tokensPerSecond(8, TOKENS));
  }
  row('one stream, tokens/s: bare loop', spread(rates.bare1, 0), '');
  row('one stream, tokens/s: through HTTP', spread(rates.http1, 0), '');
  row('one stream: HTTP / bare loop', spread(ratios(rates.http1, rates.bare1)), '>= 0.90');
  row('one stream: HTTP / bare loop, EXACT_BATCHING=false', spread(ratios(rates.loose1, rates.bare1)), '>= 0.90');
  row('the same with one engine thread each', spread(ratios(oneThread.http, oneThread.bare)), '');
  row('8 streams, tokens/s: bare loop of 8 rows', spread(rates.bare8, 0), '');
  row('8 streams, tokens/s: through HTTP', spread(rates.http8, 0), '');
  row('8 streams / one stream, both through HTTP', spread(ratios(rates.http8, rates.http1)), '>= 2.5');
  if (!genai) return;
  row(
    `onnxruntime-genai ${genai.version}, tokens/s: one / batch of 8`,
    `${spread(peer.one, 0)} / ${spread(peer.eight, 0)}`,
    '',
  );
  row('one stream: HTTP / onnxruntime-genai', spread(ratios(rates.http1, peer.one)), '>= 1.2');
  row('one stream: HTTP / onnxruntime-genai, EXACT_BATCHING=false', spread(ratios(rates.loose1, peer.one)), '>= 1.2');
  row('8 streams: HTTP / onnxruntime-genai', spread(ratios(rates.http8, peer.eight)), '>= 1.5');
}

async function firstToken(): Promise<void> {
  for (const words of TTFT_WORDS) {
    const content = 'word '.repeat(words);
    const first: number[] = [];
    const prefill: number[] = [];
    let promptTokens = 0;
    for (let round = -1; round < ROUNDS; round += 1) {
      const stream = await timedStream(server, content, 2);
      promptTokens = stream.promptTokens;
      const bareMs = bare.prefillMs(promptTokens);
      if (round < 0) continue;
      first.push(stream.textAt[0] - stream.sentAt);
      prefill.push(bareMs);
    }
    const over = first.map((ms, round) => ms - 1.15 * prefill[round]);
    row(
      `time to first token, idle, ${promptTokens} prompt tokens, ms: HTTP / bare prefill`,
      `${spread(first, 1)} / ${spread(prefill, 1)}`,
      '',
    );
    row(`the same: HTTP - 1.15 x bare, ms`, spread(over, 1), '<= 5');
  }
}

async function longContext(): Promise<void> {
  const ours: number[] = [];
  const oursLoose: number[] = [];
  const theirs: number[] = [];
  for (let round = -1; round < ROUNDS; round += 1) {
    const stream = await timedStream(server, 'word '.repeat(LONG_WORDS), 64);
    const looseStream = await timedStream(loose, 'word '.repeat(LONG_WORDS), 64);
    const bareMs = bare.stepMs(1, 64, stream.promptTokens);
    if (round < 0) continue;
    ours.push(1000 / decodeRate(stream));
    oursLoose.push(1000 / decodeRate(looseStream));
    theirs.push(bareMs);
  }
  row('step at context 1024, ms: HTTP / bare loop', `${spread(ours)} / ${spread(theirs)}`, '');
  row('the same as a ratio', spread(ratios(ours, theirs)), '<= 1.05');
  row('the same with EXACT_BATCHING=false', spread(ratios(oursLoose, theirs)), '<= 1.05');
}

async function probesUnderLoad(): Promise<void> {
  const load = { on: true };
  const clients = Array.from({ length: 16 }, async () => {
    while (load.on) await timedStream(server, PROMPT, TOKENS);
  });
  const auth = { authorization: `Bearer ${API_KEY}` };
  for (const [name, url, headers] of [
    ['/health, management port', `${server.managementUrl}/health`, {}],
    ['/metrics, management port', `${server.managementUrl}/metrics`, {}],
    ['/health, main port', `${server.baseUrl}/health`, auth],
    ['/metrics, main port', `${server.baseUrl}/metrics`, auth],
  ] as const) {
    const times = await probe({ url, headers, ...PROBES });
    const figure = `p50 ${median(times).toFixed(1)}, p99 ${percentile(times, 0.99).toFixed(1)}, worst ${Math.max(...times).toFixed(1)}`;
    row(`${name}, 16 streams running, ms (${times.length} probes)`, figure, 'p99 <= 20');
  }
  load.on = false;
  await Promise.all(clients);
}

function probe(task: ProbeTask): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./probe-worker.js', import.meta.url), { workerData: task });
    worker.on('message', resolve);
    worker.on('error', reject);
  });
}

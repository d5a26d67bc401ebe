/** The loop with the scripted decoder: what is posted, what fails, and when it gives up. */
import { describe, expect, it } from 'vitest';
import { ScriptedDecoder, type ScriptedDecoderOptions } from '../../../test/support/scripted-decoder.js';
import type { GenerationRequest, StepEvent } from '../protocol.js';
import { EngineLoop } from './engine-loop.js';
import { Scheduler } from './scheduler.js';

const VOCAB = 16;

function request(promptIds: number[], parts: Partial<GenerationRequest> = {}): GenerationRequest {
  return {
    promptIds: Int32Array.from(promptIds),
    sampling: {
      temperature: 0,
      topP: 1,
      topK: 0,
      minP: 0,
      presencePenalty: 0,
      frequencyPenalty: 0,
      repetitionPenalty: 1,
      logitBias: [],
      seed: null,
    },
    maxTokens: 5,
    minTokens: 0,
    ignoreEos: true,
    stopTokenIds: [],
    cacheScope: '',
    ...parts,
  };
}

function engine(slots: number, options: Partial<ScriptedDecoderOptions> = {}, busy = 4) {
  const posted: StepEvent[][] = [];
  const givenUp: Error[] = [];
  const clock = { nowMs: 0 };
  const decoder = new ScriptedDecoder({ slots, capacity: 64, vocabSize: VOCAB, ...options });
  const nowMs = () => clock.nowMs;
  const prefillChunk = { busy, idle: 16 };
  const loop = new EngineLoop({
    decoder,
    scheduler: new Scheduler({ slots, capacity: 64, prefixCache: 'prompt', prefillChunk }, nowMs),
    eosTokenIds: [0],
    post: (events) => posted.push(events),
    giveUp: (error) => givenUp.push(error),
    nowMs,
  });
  const tokensOf = (id: number) => posted.flat().flatMap((e) => (e.kind === 'token' && e.id === id ? [e.token] : []));
  const kindsOf = (id: number) => posted.flatMap((events) => events.filter((e) => e.id === id).map((e) => e.kind));
  return { loop, decoder, posted, givenUp, clock, tokensOf, kindsOf };
}

async function finish(loop: EngineLoop): Promise<void> {
  let steps = 0;
  while (await loop.step()) {
    steps += 1;
    if (steps > 1000) throw new Error('the work never ends');
  }
}

async function alone(of: GenerationRequest): Promise<number[]> {
  const { loop, tokensOf } = engine(1);
  loop.generate(1, of);
  await finish(loop);
  return tokensOf(1);
}

const PROMPTS = [request([1, 2, 3]), request([4, 5, 6, 7, 8, 9]), request([3, 3, 3, 1])];

describe('posting', () => {
  it('tells a start when prefill starts, then all of a step’s events in one message', async () => {
    const { loop, posted } = engine(2);
    loop.generate(1, request([1, 2, 3], { maxTokens: 2 }));
    loop.generate(2, request([1, 2, 4], { maxTokens: 1 }));
    await finish(loop);
    expect(posted.map((events) => events.map((e) => `${e.kind} ${e.id}`))).toEqual([
      ['started 1'],
      ['token 1'],
      ['started 2'],
      ['token 1', 'end 1', 'token 2', 'end 2'],
    ]);
  });

  it('posts what is wrong with a request as its error, and goes on', async () => {
    const { loop, posted } = engine(1);
    loop.generate(1, request([]));
    loop.generate(2, request([1, 2], { maxTokens: 1 }));
    await finish(loop);
    expect(posted[0]).toMatchObject([{ kind: 'error', id: 1, error: { code: 'invalid_value' } }]);
    expect(posted.flat().at(-1)).toMatchObject({ kind: 'end', id: 2 });
  });

  it('refuses an id that is already running: that is a fault of the parent', () => {
    const { loop } = engine(1);
    loop.generate(1, request([1]));
    expect(() => loop.generate(1, request([1]))).toThrow('already known');
  });

  it('bounds its queue', () => {
    const { loop, posted } = engine(1);
    for (let id = 1; id <= 4097; id += 1) loop.generate(id, request([1]));
    expect(posted).toMatchObject([[{ kind: 'error', id: 4097, error: { code: 'queue_full' } }]]);
  });
});

describe('a failing model', () => {
  it('NaN logits fail that request alone: its neighbours’ tokens do not change', async () => {
    let poisoned = false;
    const { loop, tokensOf, kindsOf, posted } = engine(3, {
      onLogits: (slot, logits) => {
        if (slot === 1 && poisoned) logits[7] = Number.NaN;
      },
    });
    for (const [i, of] of PROMPTS.entries()) loop.generate(i + 1, of);
    await loop.step();
    await loop.step();
    await loop.step();
    poisoned = true;
    await finish(loop);
    expect(kindsOf(2).at(-1)).toBe('error');
    expect(posted.flat().find((e) => e.kind === 'error')).toMatchObject({
      id: 2,
      error: { code: 'internal_error', message: expect.stringContaining('NaN') },
    });
    expect(tokensOf(1)).toEqual(await alone(PROMPTS[0]));
    expect(tokensOf(3)).toEqual(await alone(PROMPTS[2]));
  });

  it('a decode run that throws fails the rows in it; the prompt being prefilled goes on', async () => {
    let breaks = false;
    const { loop, kindsOf, tokensOf, givenUp } = engine(3, {
      onRun: (run) => {
        if (run.kind === 'decode' && breaks) throw new Error('out of luck');
      },
    });
    loop.generate(1, PROMPTS[0]);
    loop.generate(2, PROMPTS[2]);
    await loop.step();
    await loop.step();
    const long = request([1, 1, 2, 3, 5, 8, 13, 2, 1, 3, 4]);
    loop.generate(3, long);
    breaks = true;
    await loop.step();
    breaks = false;
    await finish(loop);
    expect([kindsOf(1).at(-1), kindsOf(2).at(-1)]).toEqual(['error', 'error']);
    expect(tokensOf(3)).toEqual(await alone(long));
    expect(givenUp).toEqual([]);
  });

  it('a prefill that throws fails its request; those who decode lose nothing', async () => {
    const { loop, kindsOf, tokensOf } = engine(2, {
      onRun: (run) => {
        if (run.kind === 'prefill' && run.slot === 1) throw new Error('out of luck');
      },
    });
    loop.generate(1, PROMPTS[0]);
    loop.generate(2, PROMPTS[1]);
    await finish(loop);
    expect(kindsOf(2)).toEqual(['started', 'error']);
    expect(tokensOf(1)).toEqual(await alone(PROMPTS[0]));
  });

  it('gives up after three steps in a row in which every run failed', async () => {
    const { loop, givenUp, kindsOf } = engine(1, {
      onRun: () => {
        throw new Error('out of luck');
      },
    });
    for (let id = 1; id <= 5; id += 1) loop.generate(id, request([1, 2]));
    loop.start();
    await new Promise((resolve) => setImmediate(resolve));
    expect(givenUp).toHaveLength(1);
    expect([1, 2, 3, 4].map((id) => kindsOf(id).at(-1))).toEqual(['error', 'error', 'error', undefined]);
  });

  it('does not give up while some runs succeed', async () => {
    const { loop, givenUp } = engine(2, {
      onRun: (run) => {
        if (run.kind === 'prefill' && run.slot === 1) throw new Error('out of luck');
      },
    });
    loop.generate(1, request([1, 2, 3], { maxTokens: 30 }));
    for (let id = 2; id <= 8; id += 1) loop.generate(id, request([1, 2]));
    loop.start();
    await new Promise((resolve) => setImmediate(resolve));
    expect(givenUp).toEqual([]);
  });
});

describe('the loop', () => {
  it('an abort in the middle of a run frees the slot by the next step, and nothing more is heard', async () => {
    const heard: string[] = [];
    const { loop, posted } = engine(1, {
      onRun: (run) => {
        heard.push(run.kind);
        if (heard.length === 3) loop.abort(1);
      },
    });
    loop.generate(1, request([1, 2, 3], { maxTokens: 40 }));
    loop.generate(2, request([4, 5], { maxTokens: 1 }));
    await finish(loop);
    expect(heard).toEqual(['prefill', 'decode', 'decode', 'prefill']);
    expect(posted.flat().map((e) => `${e.kind} ${e.id}`)).toEqual([
      'started 1',
      'token 1',
      'token 1',
      'started 2',
      'token 2',
      'end 2',
    ]);
  });

  it('turns while there is work, rests, and turns again', async () => {
    const { loop, kindsOf } = engine(1);
    for (const id of [1, 2]) {
      loop.generate(id, request([1, 2], { maxTokens: 1 }));
      loop.start();
      await new Promise((resolve) => setImmediate(resolve));
      expect(kindsOf(id)).toEqual(['started', 'token', 'end']);
    }
  });

  it('stop waits for the run under way and starts no other', async () => {
    let release = () => undefined as void;
    let runs = 0;
    const { loop } = engine(1, {
      onRun: () => {
        runs += 1;
        return new Promise<void>((resolve) => (release = resolve));
      },
    });
    loop.generate(1, request([1, 2]));
    loop.start();
    let stopped = false;
    const stopping = loop.stop().then(() => (stopped = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(stopped).toBe(false);
    release();
    await stopping;
    expect(runs).toBe(1);
  });

  it('says how long no step has finished while there is work, and 0 at rest', async () => {
    const { loop, clock } = engine(1);
    clock.nowMs = 1000;
    expect(loop.stats().sinceProgressMs).toBe(0);
    loop.generate(1, request([1, 2, 3], { maxTokens: 2 }));
    clock.nowMs = 1300;
    expect(loop.stats()).toMatchObject({ sinceProgressMs: 300, waiting: 1, running: 0, steps: 0 });
    await loop.step();
    expect(loop.stats()).toEqual({
      steps: 1,
      running: 1,
      waiting: 0,
      kvTokensUsed: 3,
      kvTokensTotal: 64,
      prefillTokens: 3,
      decodeTokens: 1,
      cachedTokens: 0,
      sinceProgressMs: 0,
    });
    await loop.step();
    clock.nowMs = 5000;
    expect(loop.stats()).toMatchObject({ sinceProgressMs: 0, running: 0, kvTokensUsed: 0 });
  });
});

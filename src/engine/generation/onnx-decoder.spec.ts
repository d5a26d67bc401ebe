/**
 * The decoder on a tiny model, real arithmetic on real kernels. The oracle is the obvious way: all tokens of a row in
 * one prefill, in a decoder of its own. Floats are compared with a tolerance; bits are the real model's business
 * (`onnx-decoder-real-model.spec.ts`), whose kernels the service promises them for.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tinyDecoder, TINY_VOCAB, type TinyOptions } from '../../../test/support/onnx/tiny-decoder.js';
import { TINY_OPTIONS, tinyModel } from '../../../test/support/onnx/tiny-model.js';
import type { Decoder } from './decoder.js';
import { loadDecoder } from './load-decoder.js';

process.env.ORT_DISABLE_TELEMETRY = '1';

const SLOTS = 4;
const CAPACITY = 96;

async function open(options: TinyOptions = {}, slots = SLOTS): Promise<Decoder> {
  const model = tinyModel(tinyDecoder(options));
  const loaded = await loadDecoder(model, { ...TINY_OPTIONS, maxSlots: slots, maxContext: CAPACITY }, '1');
  model.remove();
  return loaded.decoder;
}

const tokensOf = (count: number, seed = 1) => Int32Array.from({ length: count }, (_, i) => (seed * 31 + i * 17) % 50);

function expectClose(logits: Float32Array, wanted: Float32Array, digits = 3): void {
  expect(logits.length).toBe(wanted.length);
  for (const [i, value] of logits.entries()) expect(value).toBeCloseTo(wanted[i], digits);
}

const VARIANTS: [name: string, options: TinyOptions, digits: number][] = [
  ['float32', {}, 3],
  ['float16 cache and logits', { type: 'float16' }, 1],
  ['layers of different sizes and sparse numbers', { layers: differentLayers(), openCacheShape: true }, 3],
  ['positions as an input', { positionIds: true }, 3],
  ['pruned by the export', { pruned: 'undeclared' }, 3],
];

function differentLayers(): TinyOptions['layers'] {
  return [
    { number: 2, kvHeads: 1, headSize: 32 },
    { number: 5, kvHeads: 4, headSize: 16 },
  ];
}

describe.each(VARIANTS)('a decoder: %s', (_, options, digits) => {
  let decoder: Decoder;
  let oracle: Decoder;
  beforeAll(async () => {
    decoder = await open(options);
    oracle = await open(options, 1);
  });
  afterAll(() => {
    decoder.dispose();
    oracle.dispose();
  });

  const wanted = (tokens: Int32Array) => oracle.prefill(0, tokens, 0);
  const rowOf = (logits: Float32Array, row: number) => logits.subarray(row * TINY_VOCAB, (row + 1) * TINY_VOCAB);

  it('gives the same for a prompt in chunks as for the whole', async () => {
    const tokens = tokensOf(20);
    await decoder.prefill(1, tokens.subarray(0, 7), 0);
    await decoder.prefill(1, tokens.subarray(7, 9), 7);
    expectClose(await decoder.prefill(1, tokens.subarray(9), 9), await wanted(tokens), digits);
  });

  it('decodes rows of different lengths in one run, in windows that start anywhere, beside idle rows', async () => {
    const rows = [5, 30, 1, 12].map((length, slot) => tokensOf(length + 3, slot + 2));
    for (const [slot, tokens] of rows.entries()) await decoder.prefill(slot, tokens.subarray(0, -3), 0);
    const at = (slot: number, step: number) => {
      const length = rows[slot].length - 3 + step;
      return { token: rows[slot][length], length };
    };
    const check = async (logits: Float32Array, row: number, slot: number, step: number) =>
      expectClose(
        rowOf(logits, row).slice(),
        await wanted(rows[slot].subarray(0, rows[slot].length - 2 + step)),
        digits,
      );
    const all = (await decoder.decode({ firstSlot: 0, rows: [0, 1, 2, 3].map((slot) => at(slot, 0)) })).slice();
    for (const slot of [0, 1, 2, 3]) await check(all, slot, slot, 0);
    const window = { firstSlot: 1, rows: [at(1, 1), { token: 49, length: 60 }, at(3, 1)] };
    const some = (await decoder.decode(window)).slice();
    await check(some, 0, 1, 1);
    await check(some, 2, 3, 1);
    await check((await decoder.decode({ firstSlot: 3, rows: [at(3, 2)] })).slice(), 0, 3, 2);
    // The idle row wrote at its own length only: what it held before is unharmed.
    await check((await decoder.decode({ firstSlot: 2, rows: [at(2, 1)] })).slice(), 0, 2, 1);
  });

  it('rewinds by a shorter length', async () => {
    const tokens = tokensOf(40, 9);
    await decoder.prefill(0, tokens, 0);
    for (const length of [40, 41, 42]) await decoder.decode({ firstSlot: 0, rows: [{ token: 3, length }] });
    const other = tokensOf(11, 4);
    const spliced = Int32Array.from([...tokens.subarray(0, 10), ...other]);
    expectClose(await decoder.prefill(0, other, 10), await wanted(spliced), digits);
    const shorter = Int32Array.from([...tokens.subarray(0, 4), 7]);
    const logits = await decoder.decode({ firstSlot: 0, rows: [{ token: 7, length: 4 }] });
    expectClose(logits.slice(), await wanted(shorter), digits);
  });

  it('fills a slot to its last position', async () => {
    const tokens = tokensOf(CAPACITY, 5);
    await decoder.prefill(3, tokens.subarray(0, -1), 0);
    const logits = await decoder.decode({ firstSlot: 3, rows: [{ token: tokens.at(-1)!, length: CAPACITY - 1 }] });
    expectClose(logits.slice(), await wanted(tokens), digits);
    expectClose(await decoder.prefill(2, tokens, 0), await wanted(tokens), digits);
  });
});

type Operation =
  | { kind: 'prefill'; slot: number; keep: number; count: number }
  | { kind: 'decode'; firstSlot: number; rows: { active: boolean; keep: number }[] };

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    kind: fc.constant('prefill' as const),
    slot: fc.integer({ min: 0, max: SLOTS - 1 }),
    keep: fc.integer({ min: 0, max: 60 }),
    count: fc.integer({ min: 2, max: 12 }),
  }),
  fc.integer({ min: 0, max: SLOTS - 1 }).chain((firstSlot) =>
    fc.record({
      kind: fc.constant('decode' as const),
      firstSlot: fc.constant(firstSlot),
      rows: fc.array(fc.record({ active: fc.boolean(), keep: fc.integer({ min: 0, max: 60 }) }), {
        minLength: 1,
        maxLength: SLOTS - firstSlot,
      }),
    }),
  ),
);

describe('random histories', () => {
  it('give every row what it would get alone', { timeout: 120_000 }, async () => {
    const decoder = await open();
    const oracle = await open({}, 1);
    let next = 0;
    const token = () => (next = (next * 13 + 7) % TINY_VOCAB);
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 12 }), async (operations) => {
        const held: number[][] = Array.from({ length: SLOTS }, () => []);
        const check = async (logits: Float32Array, row: number, slot: number) =>
          expectClose(
            logits.slice(row * TINY_VOCAB, (row + 1) * TINY_VOCAB),
            await oracle.prefill(0, Int32Array.from(held[slot]), 0),
          );
        for (const step of operations) {
          if (step.kind === 'prefill') {
            const past = Math.min(step.keep, held[step.slot].length);
            const tokens = Array.from({ length: step.count }, token);
            held[step.slot] = [...held[step.slot].slice(0, past), ...tokens];
            await check(await decoder.prefill(step.slot, Int32Array.from(tokens), past), 0, step.slot);
          } else {
            const rows = step.rows.map(({ active, keep }, row) => {
              const slot = step.firstSlot + row;
              // An idle row writes behind what its slot holds, as the scheduler sees to.
              const length = active ? Math.min(keep, held[slot].length) : held[slot].length;
              const fed = token();
              if (active) held[slot] = [...held[slot].slice(0, length), fed];
              return { token: fed, length };
            });
            const logits = (await decoder.decode({ firstSlot: step.firstSlot, rows })).slice();
            for (const [row, { active }] of step.rows.entries()) {
              if (active) await check(logits, row, step.firstSlot + row);
            }
          }
        }
      }),
      { numRuns: 60 },
    );
    decoder.dispose();
    oracle.dispose();
  });
});

describe('a call that breaks the contract', () => {
  let decoder: Decoder;
  beforeAll(async () => {
    decoder = await open();
  });
  afterAll(() => decoder.dispose());

  it.each<[string, number, number[], number, string]>([
    ['one token behind a past', 0, [1], 5, 'a chunk of 1 tokens behind 5; behind a past it takes two or more'],
    ['no token', 0, [], 0, 'a chunk of 0 tokens behind 0'],
    ['more than the slot holds', 0, [1, 2, 3], CAPACITY - 2, '3 tokens behind 94 do not fit into a capacity of 96'],
    ['a negative past', 0, [1, 2], -1, '2 tokens behind -1'],
    ['a past that is no number', 0, [1, 2], Number.NaN, 'behind NaN'],
    ['a slot that is not there', SLOTS, [1, 2], 0, 'slots 4 to 4 of 4'],
    ['a token beyond the vocabulary', 0, [1, TINY_VOCAB], 0, 'token 50 in a vocabulary of 50'],
    ['a negative token', 0, [-1], 0, 'token -1'],
  ])('is refused: prefill of %s', async (_, slot, tokens, past, words) => {
    await expect(decoder.prefill(slot, Int32Array.from(tokens), past)).rejects.toThrow(words);
  });

  it.each<[string, number, [token: number, length: number][], string]>([
    ['no rows', 0, [], 'slots 0 to -1 of 4'],
    [
      'rows beyond the last slot',
      3,
      [
        [1, 0],
        [1, 0],
      ],
      'slots 3 to 4 of 4',
    ],
    ['a full row', 0, [[1, CAPACITY]], 'a row of 96 tokens has no place for one more'],
    ['half a token of length', 0, [[1, 0.5]], 'a row of 0.5 tokens'],
    ['a token beyond the vocabulary', 0, [[TINY_VOCAB, 0]], 'token 50'],
  ])('is refused: decode of %s', async (_, firstSlot, rows, words) => {
    const window = { firstSlot, rows: rows.map(([token, length]) => ({ token, length })) };
    await expect(decoder.decode(window)).rejects.toThrow(words);
  });

  it('is refused while another run is under way, and leaves that one alone', async () => {
    const first = decoder.prefill(0, tokensOf(8), 0);
    await expect(decoder.prefill(1, tokensOf(8), 0)).rejects.toThrow('in a run: await it before the next');
    await expect(decoder.decode({ firstSlot: 1, rows: [{ token: 1, length: 0 }] })).rejects.toThrow('in a run');
    await expect(first).resolves.toHaveLength(TINY_VOCAB);
  });
});

describe('disposing', () => {
  it('can be done twice, and refuses every run after', async () => {
    const decoder = await open();
    decoder.dispose();
    decoder.dispose();
    await expect(decoder.prefill(0, tokensOf(4), 0)).rejects.toThrow('this decoder was disposed');
  });

  it('under a run waits for its end before anything is freed', async () => {
    const decoder = await open();
    const run = decoder.prefill(0, tokensOf(CAPACITY), 0);
    decoder.dispose();
    // It may have been told to end in time, or just have ended.
    await run.then(
      (logits) => expect(logits).toHaveLength(TINY_VOCAB),
      (error: Error) => expect(error.message).toMatch(/terminate/i),
    );
    await expect(decoder.decode({ firstSlot: 0, rows: [{ token: 1, length: 0 }] })).rejects.toThrow('was disposed');
  });

  it('gives the memory back', { timeout: 60_000 }, async () => {
    const one = async () => {
      const decoder = await open({}, 8);
      await decoder.prefill(7, tokensOf(CAPACITY), 0);
      decoder.dispose();
    };
    for (let i = 0; i < 10; i += 1) await one();
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 100; i += 1) await one();
    // Eight slots of 96 tokens are 0.4 MiB; a session and its windows about as much again.
    expect(process.memoryUsage.rss() - before).toBeLessThan(24 * 1024 * 1024);
  });
});

/**
 * The decoder on a real model: the reference's tokens, and the law to the bit: what a row gets does not depend on how
 * its prompt was cut, on its slot, its company, its mask's width or what the slot held before.
 */
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { environment, int64s } from '../../../test/support/onnx/runtime.js';
import { TINY_NAMES, TINY_OPTIONS } from '../../../test/support/onnx/tiny-model.js';
import { CHAT_MODEL, hasChatModel } from '../../../test/support/real-model.js';
import { Binding } from '../ort/binding.js';
import { Session } from '../ort/session.js';
import { SessionOptions } from '../ort/session-options.js';
import { Tensor } from '../ort/tensor.js';
import type { DecoderModel } from '../protocol.js';
import { argmax } from '../sampling/argmax.js';
import type { Decoder } from './decoder.js';
import { loadDecoder, type LoadedDecoder } from './load-decoder.js';
import { fewestAgreeingRows } from './row-agreement.js';

const VOCAB = 49_152;
const LAYERS = 30;
const KV_HEADS = 3;
const HEAD_SIZE = 64;
const MIB = 1024 * 1024;

interface Golden {
  prompt_ids: number[];
  greedy_ids: number[];
  /** By how much the best logit leads, at each step. */
  margins: number[];
}

const MODEL: DecoderModel = {
  modelFile: `${CHAT_MODEL}/model.onnx`,
  contextLength: 8192,
  vocabSize: VOCAB,
  eosTokenIds: [2],
  ...TINY_NAMES,
};

function load(maxSlots: number, maxContext: number): Promise<LoadedDecoder> {
  return loadDecoder(MODEL, { ...TINY_OPTIONS, maxSlots, maxContext }, '1');
}

/** The goldens come from int8 kernels that sum exactly (AVX-512 VNNI); those for AVX2 alone are up to 0.3 away. */
function decisiveMargin(): number {
  const flags = existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';
  return /avx512_vnni|avx_vnni|asimddp/.test(flags) ? 0.05 : 0.3;
}

const sameBits = (a: Float32Array, b: Float32Array) =>
  Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));
const rowOf = (logits: Float32Array, row: number) => logits.slice(row * VOCAB, (row + 1) * VOCAB);

describe.skipIf(!hasChatModel)('the decoder on a real model', () => {
  let decoder: Decoder;
  let goldens: Golden[];
  let fewestRows: number;

  beforeAll(async () => {
    goldens = (JSON.parse(readFileSync(`${CHAT_MODEL}/goldens.json`, 'utf8')) as { cases: Golden[] }).cases;
    ({ decoder } = await load(8, 512));
    fewestRows = (await fewestAgreeingRows(decoder))!;
  });
  afterAll(() => decoder.dispose());

  const promptOf = (index: number) => Int32Array.from(goldens[index].prompt_ids);

  /** One decoded row, in the smallest run whose rows agree with those of larger ones. */
  async function decodeAlone(slot: number, token: number, length: number): Promise<Float32Array> {
    const rows = Array.from({ length: fewestRows }, () => ({ token, length }));
    const firstSlot = Math.min(slot, decoder.slots - fewestRows);
    return rowOf(await decoder.decode({ firstSlot, rows }), slot - firstSlot);
  }

  it("chooses the reference's token wherever that has a lead worth the name", { timeout: 120_000 }, async () => {
    const decisive = decisiveMargin();
    const wrong: string[] = [];
    let steps = 0;
    for (const [index, golden] of goldens.entries()) {
      let logits = await decoder.prefill(0, promptOf(index), 0);
      let length = golden.prompt_ids.length;
      // The reference's own tokens are fed, so that every step counts, also behind a near tie.
      for (const [step, token] of golden.greedy_ids.entries()) {
        const chosen = argmax(logits);
        if (golden.margins[step] >= decisive) {
          steps += 1;
          if (chosen !== token) wrong.push(`case ${index} step ${step}: ${chosen} for ${token}`);
        }
        logits = await decoder.decode({ firstSlot: 0, rows: [{ token, length }] });
        length += 1;
      }
    }
    expect(wrong).toEqual([]);
    expect(steps).toBeGreaterThan(250);
  });

  it('has the bits of the unedited graph with a cache that is copied and grown', { timeout: 60_000 }, async () => {
    const plain = await PlainLoop.open();
    const prompt = promptOf(1);
    let wanted = plain.run(prompt);
    let logits = (await decoder.prefill(2, prompt, 0)).slice();
    expect(sameBits(logits, wanted)).toBe(true);
    for (let length = prompt.length; length < prompt.length + 4; length += 1) {
      const token = argmax(wanted);
      wanted = plain.run(Int32Array.of(token));
      logits = (await decoder.decode({ firstSlot: 2, rows: [{ token, length }] })).slice();
      expect(sameBits(logits, wanted)).toBe(true);
    }
    plain.dispose();
  });

  it.each([2, 3, 5, 16, 33])('has the same bits for a prompt in chunks of %i as for the whole', async (size) => {
    const prompt = promptOf(2);
    const whole = (await decoder.prefill(0, prompt, 0)).slice();
    const slot = 5;
    let last: Float32Array = whole;
    for (let past = 0; past < prompt.length;) {
      const left = prompt.length - past;
      // Never a tail of one token: see `prefill-chunks.ts`.
      const count = left - size === 1 ? Math.min(size + 1, left) : Math.min(size, left);
      last = await decoder.prefill(slot, prompt.subarray(past, past + count), past);
      past += count;
    }
    expect(sameBits(last, whole)).toBe(true);
  });

  it('has the same bits in any slot, company and mask', { timeout: 120_000 }, async () => {
    const prompt = promptOf(0);
    const { length } = prompt;
    const token = 504;
    const follows = 3575;
    await decoder.prefill(0, prompt, 0);
    const alone = await decodeAlone(0, token, length);
    const next = await decodeAlone(0, follows, length + 1);
    for (let slot = 0; slot < 8; slot += 1) await decoder.prefill(slot, promptOf(slot % 2 === 0 ? 0 : 10), 0);
    for (const rows of [2, 3, 5, 8]) {
      for (const firstSlot of new Set([0, 1, 8 - rows].filter((first) => first + rows <= 8))) {
        // Even slots hold the prompt; odd ones are idle, at lengths that widen the mask.
        const at = (step: number) => ({
          firstSlot,
          rows: Array.from({ length: rows }, (_, row) =>
            (firstSlot + row) % 2 === 0
              ? { token: step === 0 ? token : follows, length: length + step }
              : { token: 7, length: (97 * (row + 1) + rows) % 511 },
          ),
        });
        const first = (await decoder.decode(at(0))).slice();
        const second = (await decoder.decode(at(1))).slice();
        for (let row = firstSlot % 2; row < rows; row += 2) {
          expect(sameBits(rowOf(first, row), alone)).toBe(true);
          expect(sameBits(rowOf(second, row), next)).toBe(true);
        }
      }
    }
  });

  it('has the same bits after a rewind as in a fresh slot', async () => {
    const prompt = promptOf(3);
    const keep = 20;
    await decoder.prefill(6, prompt, 0);
    const fresh = await decodeAlone(6, 11, prompt.length);
    for (let i = 0; i < 5; i += 1) await decodeAlone(6, 99, prompt.length + i);
    await decoder.prefill(6, promptOf(4).subarray(0, 16), keep);
    await decoder.prefill(6, prompt.subarray(keep), keep);
    expect(sameBits(await decodeAlone(6, 11, prompt.length), fresh)).toBe(true);
  });

  it('has the same bits at the last position of a slot as in a roomier one', { timeout: 60_000 }, async () => {
    const capacity = 64;
    const small = await load(2, capacity);
    const tokens = promptOf(10).subarray(0, capacity);
    const last = { token: tokens.at(-1)!, length: capacity - 1 };
    await small.decoder.prefill(1, tokens.subarray(0, -1), 0);
    const logits = rowOf(await small.decoder.decode({ firstSlot: 0, rows: [{ token: 0, length: 0 }, last] }), 1);
    await decoder.prefill(1, tokens.subarray(0, -1), 0);
    expect(sameBits(logits, await decodeAlone(1, last.token, last.length))).toBe(true);
    await expect(small.decoder.decode({ firstSlot: 0, rows: [{ token: 0, length: capacity }] })).rejects.toThrow(
      'no place',
    );
    small.decoder.dispose();
  });

  it('takes what its tokens take, not what its capacity could, and gives it back', { timeout: 120_000 }, async () => {
    const cycle = async () => {
      const before = process.memoryUsage.rss();
      const { decoder: large, report } = await load(8, 8192);
      await large.prefill(7, promptOf(0), 0);
      expect(report.kvBytesPerToken * report.capacity * report.slots).toBeGreaterThan(2800 * MIB);
      expect(process.memoryUsage.rss() - before).toBeLessThan(500 * MIB);
      large.dispose();
    };
    await cycle();
    const settled = process.memoryUsage.rss();
    await cycle();
    // The heap of the test runner grows too; what would be kept of a cache is thousands of MiB.
    expect(process.memoryUsage.rss() - settled).toBeLessThan(300 * MIB);
  });
});

/** The obvious way: the file as it is, one row, past and present apart, the cache grown by the runtime's copies. */
class PlainLoop {
  private caches = Array.from({ length: 2 * LAYERS }, () => new Float32Array(0));
  private held = 0;

  private constructor(private readonly session: Session) {}

  static async open(): Promise<PlainLoop> {
    const options = new SessionOptions(environment, { intraOpThreads: 1 });
    const session = await Session.fromFile(environment, MODEL.modelFile, options);
    options.dispose();
    return new PlainLoop(session);
  }

  /** @returns logits of the last position */
  run(tokens: Int32Array): Float32Array {
    const { length } = tokens;
    const total = this.held + length;
    const binding = new Binding(this.session);
    binding.bindInput('input_ids', int64s([...tokens], [1, length]));
    binding.bindInput('attention_mask', int64s(Array<number>(total).fill(1), [1, total]));
    const grown = this.caches.map((past, index) => {
      const name = `${index >> 1}.${index % 2 === 0 ? 'key' : 'value'}`;
      const present = new Float32Array(KV_HEADS * total * HEAD_SIZE);
      binding.bindInput(`past_key_values.${name}`, this.cache(past, this.held));
      binding.bindOutput(`present.${name}`, this.cache(present, total));
      return present;
    });
    const logits = new Float32Array(length * VOCAB);
    binding.bindOutput('logits', new Tensor(environment, logits, 'float32', [1, length, VOCAB]));
    this.session.runSync(binding);
    binding.dispose();
    this.caches = grown;
    this.held = total;
    return logits.subarray((length - 1) * VOCAB);
  }

  dispose(): void {
    this.session.dispose();
  }

  private cache(values: Float32Array, positions: number): Tensor {
    return new Tensor(environment, values, 'float32', [1, KV_HEADS, positions, HEAD_SIZE]);
  }
}

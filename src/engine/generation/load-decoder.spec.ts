import { afterEach, describe, expect, it } from 'vitest';
import type { ModelParts } from '../../../test/support/onnx/onnx-writer.js';
import { tinyDecoder, TINY_POSITIONS } from '../../../test/support/onnx/tiny-decoder.js';
import { TINY_OPTIONS, tinyModel, type TinyModel } from '../../../test/support/onnx/tiny-model.js';
import type { DecoderModel, EngineOptions } from '../protocol.js';
import { loadDecoder, type LoadedDecoder } from './load-decoder.js';

process.env.ORT_DISABLE_TELEMETRY = '1';

describe('loading a decoder', () => {
  let model: TinyModel | null = null;
  let loaded: LoadedDecoder | null = null;
  afterEach(() => {
    loaded?.decoder.dispose();
    model?.remove();
    loaded = model = null;
  });

  async function load(
    parts: ModelParts | Uint8Array,
    options: Partial<EngineOptions> = {},
    other: Partial<DecoderModel> = {},
  ): Promise<LoadedDecoder> {
    model = tinyModel(parts);
    loaded = await loadDecoder({ ...model, ...other }, { ...TINY_OPTIONS, ...options }, '1');
    return loaded;
  }

  it('reports what was found and chosen', async () => {
    const { decoder, report } = await load(tinyDecoder(), { maxSlots: 3, maxContext: 100 });
    expect(decoder).toMatchObject({ slots: 3, capacity: 100, vocabSize: 50 });
    expect(report).toMatchObject({
      provider: 'cpu',
      providerReason: 'EXECUTION_PROVIDER is cpu',
      runtimeVersion: '1.30.0',
      slots: 3,
      capacity: 100,
      // 2 layers, K and V, 2 heads of 16, 4 bytes.
      kvBytesPerToken: 2 * 2 * 2 * 16 * 4,
      kvElementType: 'float32',
      lastPositionOnly: true,
    });
    expect(report.loadMs).toBeGreaterThanOrEqual(0);
    expect(report.warmupMs).toBeGreaterThanOrEqual(0);
  });

  it('never gives more than the model holds', async () => {
    expect((await load(tinyDecoder(), { maxContext: 1 << 20 })).report.capacity).toBe(TINY_POSITIONS);
  });

  it('ends the capacity where the graph would switch its rotary tables', async () => {
    const parts = tinyDecoder();
    const identity = (output: string) => ({
      graph: {
        nodes: [{ op: 'Identity', inputs: ['cos.0'], outputs: [output] }],
        outputs: [{ name: output, type: 'float32' as const, shape: ['positions', 'half'] }],
      },
    });
    parts.constants!.push({ name: 'original', type: 'int64', dims: [], values: BigInt64Array.of(40n) });
    const at = parts.nodes.findIndex((node) => node.op === 'GroupQueryAttention');
    parts.nodes[at].inputs.splice(7, 1, 'chosen');
    parts.nodes.splice(
      at,
      0,
      { op: 'Greater', inputs: ['total64', 'original'], outputs: ['is_long'] },
      {
        op: 'If',
        inputs: ['is_long'],
        outputs: ['chosen'],
        attributes: { then_branch: identity('long'), else_branch: identity('short') },
      },
    );
    expect((await load(parts)).report.capacity).toBe(40);
  });

  it.each([
    ['an export that gives every position', false, true],
    ['an export that declares one position', 'declared', true],
    ['an export that prunes without saying so', 'undeclared', true],
  ] as const)('knows whether prompts cost one row of logits: %s', async (_, pruned, lastOnly) => {
    const { decoder, report } = await load(tinyDecoder({ pruned }));
    expect(report.lastPositionOnly).toBe(lastOnly);
    expect(await decoder.prefill(0, Int32Array.of(1, 2, 3), 0)).toHaveLength(50);
  });

  it('serves a graph that cannot be edited, at the price of logits for every position', async () => {
    const parts = tinyDecoder();
    parts.nodes.at(-1)!.outputs = ['raw'];
    parts.constants!.push({ name: 'no_shift', type: 'float32', dims: [1, 1, 50], values: new Float32Array(50) });
    parts.nodes.push({ op: 'Add', inputs: ['raw', 'no_shift'], outputs: ['logits'] });
    const { decoder, report } = await load(parts);
    expect(report.lastPositionOnly).toBe(false);
    const logits = [...(await decoder.prefill(0, Int32Array.of(1, 2, 3), 0))];
    decoder.dispose();
    model!.remove();
    const edited = await load(tinyDecoder());
    const wanted = await edited.decoder.prefill(0, Int32Array.of(1, 2, 3), 0);
    for (const [i, value] of logits.entries()) expect(value).toBeCloseTo(wanted[i], 4);
  });

  it.each<[string, ModelParts | Uint8Array, Partial<DecoderModel>, string]>([
    ['a missing file', tinyDecoder(), { modelFile: '/nowhere/model.onnx' }, '/nowhere/model.onnx could not be loaded'],
    ['a file that is no model', Buffer.from('<html>'), {}, 'model.onnx is not an ONNX model'],
    [
      'a file that is cut off',
      Uint8Array.of(0x3a, 0x7f, 1, 2),
      {},
      'is not an ONNX model: a field ends at byte 129 of 4',
    ],
    [
      'an operator that does not exist',
      {
        ...tinyDecoder(),
        nodes: [...tinyDecoder().nodes.slice(0, -1), { op: 'Telepathy', inputs: ['hidden.2'], outputs: ['logits'] }],
      },
      {},
      'Telepathy',
    ],
    ['another vocabulary', tinyDecoder(), { vocabSize: 60 }, 'has 50 logits, but vocab_size is 60'],
  ])('fails for %s with the file and the reason', async (_, parts, other, words) => {
    await expect(load(parts, {}, other)).rejects.toMatchObject({
      code: 'model_failed',
      message: expect.stringContaining(words) as string,
    });
  });

  it('fails when the system has not enough memory for the cache, saying what to change', async () => {
    await expect(load(tinyDecoder(), { maxContext: 2 ** 45 }, { contextLength: 2 ** 45 })).rejects.toThrow(
      /MAX_CONTEXT or MAX_SLOTS/,
    );
  });

  it('does not touch the runtime while its telemetry is on', async () => {
    model = tinyModel(tinyDecoder());
    await expect(loadDecoder(model, TINY_OPTIONS, undefined)).rejects.toThrow('ORT_DISABLE_TELEMETRY is not set');
  });

  it('fails when CUDA is asked for and not there', async () => {
    await expect(load(tinyDecoder(), { provider: 'cuda' })).rejects.toThrow('EXECUTION_PROVIDER is cuda');
  });
});

/**
 * The least that can decode with this model: one session, one cache, synchronous runs, argmax. No scheduler, no
 * process, no HTTP. What the service costs is measured against this.
 */
import { readFile } from 'node:fs/promises';
import { readModel } from '../../src/engine/onnx/graph.js';
import { keepLastPosition } from '../../src/engine/onnx/last-position.js';
import { Binding } from '../../src/engine/ort/binding.js';
import { openEnvironment } from '../../src/engine/ort/environment.js';
import { Session } from '../../src/engine/ort/session.js';
import { SessionOptions } from '../../src/engine/ort/session-options.js';
import { Tensor } from '../../src/engine/ort/tensor.js';

const LAYERS = 30;
const KV_HEADS = 3;
const HEAD_SIZE = 64;
const VOCAB = 49_152;
const ROW = KV_HEADS * HEAD_SIZE;

export class BareLoop {
  private readonly caches = new Map<number, Float32Array[]>();

  private constructor(
    private readonly session: Session,
    private readonly capacity: number,
  ) {}

  static async load(folder: string, threads: number, capacity: number): Promise<BareLoop> {
    const environment = openEnvironment('1');
    const options = new SessionOptions(environment, { intraOpThreads: threads });
    const edit = keepLastPosition(readModel(await readFile(`${folder}/model.onnx`)), 'logits');
    if (!edit.edited) throw new Error('the bench expects an export that computes all logits');
    return new BareLoop(await Session.fromBytes(environment, edit.bytes, folder, options), capacity);
  }

  /** @returns milliseconds of one prefill of `tokens` tokens into an empty row */
  prefillMs(tokens: number): number {
    const ids = BigInt64Array.from({ length: tokens }, (_, i) => BigInt(1 + ((i * 7) % 1000)));
    const binding = this.binding(1);
    const logits = new Float32Array(VOCAB);
    this.bind(binding, ids, [1, tokens], new BigInt64Array(tokens).fill(1n), [1, tokens], logits, [1, 1, VOCAB]);
    const startedAt = performance.now();
    this.session.runSync(binding);
    argmax(logits, 0);
    const took = performance.now() - startedAt;
    binding.dispose();
    return took;
  }

  /** @returns mean milliseconds of a decode step of `rows` rows, greedy, from `past` tokens on */
  stepMs(rows: number, steps: number, past: number): number {
    const binding = this.binding(rows);
    const ids = new BigInt64Array(rows).fill(1n);
    const logits = new Float32Array(rows * VOCAB);
    const width = past + steps + 1;
    const mask = new BigInt64Array(rows * width);
    for (let row = 0; row < rows; row += 1) mask.fill(1n, row * width, row * width + past);
    this.bind(binding, ids, [rows, 1], mask, [rows, width], logits, [rows, 1, VOCAB]);
    const startedAt = performance.now();
    for (let step = 0; step < steps; step += 1) {
      for (let row = 0; row < rows; row += 1) mask[row * width + past + step] = 1n;
      this.session.runSync(binding);
      for (let row = 0; row < rows; row += 1) ids[row] = BigInt(argmax(logits, row * VOCAB));
    }
    const took = performance.now() - startedAt;
    binding.dispose();
    return took / steps;
  }

  private binding(rows: number): Binding {
    const binding = new Binding(this.session);
    const shape = [rows, KV_HEADS, this.capacity, HEAD_SIZE];
    for (const [index, memory] of this.cache(rows).entries()) {
      const part = index % 2 === 0 ? 'key' : 'value';
      const layer = index >> 1;
      const tensor = new Tensor(this.session.environment, memory, 'float32', shape);
      binding.bindInput(`past_key_values.${layer}.${part}`, tensor);
      binding.bindOutput(`present.${layer}.${part}`, tensor);
      tensor.dispose();
    }
    return binding;
  }

  private cache(rows: number): Float32Array[] {
    const known = this.caches.get(rows);
    if (known) return known;
    // Written, not just zeroed: pages that nobody wrote are all one page in the processor's cache.
    const made = Array.from({ length: 2 * LAYERS }, () => new Float32Array(rows * ROW * this.capacity).fill(0.01));
    this.caches.set(rows, made);
    return made;
  }

  private bind(
    binding: Binding,
    ids: BigInt64Array,
    idsShape: number[],
    mask: BigInt64Array,
    maskShape: number[],
    logits: Float32Array,
    logitsShape: number[],
  ): void {
    const { environment } = this.session;
    binding.bindInput('input_ids', new Tensor(environment, ids, 'int64', idsShape));
    binding.bindInput('attention_mask', new Tensor(environment, mask, 'int64', maskShape));
    binding.bindOutput('logits', new Tensor(environment, logits, 'float32', logitsShape));
  }
}

function argmax(logits: Float32Array, offset: number): number {
  let best = 0;
  for (let i = 1; i < VOCAB; i += 1) if (logits[offset + i] > logits[offset + best]) best = i;
  return best;
}

/**
 * `Decoder` on a real model: ids, mask and positions in, logits out, the cache in place.
 *
 * It knows shapes and buffers. It does not know requests, text or sampling, and trusts nobody: a call that breaks the
 * contract of `Decoder` throws before the model sees it, because the kernels would compute something else in silence.
 */
import type { Binding } from '../ort/binding.js';
import { RunOptions } from '../ort/run-options.js';
import type { Session } from '../ort/session.js';
import { Tensor } from '../ort/tensor.js';
import type { DecodeWindow, Decoder } from './decoder.js';
import { KvCache } from './kv-cache.js';
import type { CacheBuffer } from './kv-cache-layout.js';
import { RunInputBuffers, type RunInputs } from './onnx-decoder-inputs.js';
import { LogitsBuffer, type LogitsElementType } from './onnx-decoder-logits.js';

export interface OnnxDecoderPlan {
  slots: number;
  capacity: number;
  vocabSize: number;
  cache: readonly CacheBuffer[];
  names: { inputIds: string; attentionMask: string; positionIds: string | null; logits: string };
  logitsElementType: LogitsElementType;
}

export class OnnxDecoder implements Decoder {
  readonly slots: number;
  readonly capacity: number;
  readonly vocabSize: number;
  private readonly cache: KvCache;
  private readonly inputs: RunInputBuffers;
  private readonly logits: LogitsBuffer;
  private readonly runOptions: RunOptions;
  private lastOnly = false;
  private state: 'idle' | 'running' | 'disposed' = 'idle';

  /** Owns the session from here on, also when this fails. */
  static async create(session: Session, plan: OnnxDecoderPlan): Promise<OnnxDecoder> {
    let decoder: OnnxDecoder | null = null;
    try {
      decoder = new OnnxDecoder(session, plan);
      await decoder.learnLogitsShape();
      return decoder;
    } catch (error) {
      if (decoder === null) session.dispose();
      else decoder.dispose();
      throw error;
    }
  }

  private constructor(
    private readonly session: Session,
    private readonly plan: OnnxDecoderPlan,
  ) {
    ({ slots: this.slots, capacity: this.capacity, vocabSize: this.vocabSize } = plan);
    this.cache = new KvCache(session, plan.cache, plan.slots, plan.capacity);
    this.inputs = new RunInputBuffers(plan.slots, plan.capacity);
    this.logits = new LogitsBuffer(plan.logitsElementType, plan.vocabSize);
    this.runOptions = new RunOptions(session.environment);
  }

  /** Whether the graph gives one row of logits for a whole prompt, as found by asking it. */
  get lastPositionOnly(): boolean {
    return this.lastOnly;
  }

  async prefill(slot: number, tokens: Int32Array, pastLength: number): Promise<Float32Array> {
    this.checkSlots(slot, 1);
    const { length } = tokens;
    if (length < (pastLength > 0 ? 2 : 1)) {
      throw new RangeError(`a chunk of ${length} tokens behind ${pastLength}; behind a past it takes two or more`);
    }
    if (!isWithin(pastLength, 0, this.capacity - length)) {
      throw new RangeError(`${length} tokens behind ${pastLength} do not fit into a capacity of ${this.capacity}`);
    }
    for (const token of tokens) this.checkToken(token);
    return this.exclusively(async () => {
      const rows = this.lastOnly ? 1 : length;
      await this.run(this.inputs.prefill(slot, tokens, pastLength), rows);
      return this.logits.rows(rows - 1, 1);
    });
  }

  async decode({ firstSlot, rows }: DecodeWindow): Promise<Float32Array> {
    this.checkSlots(firstSlot, rows.length);
    for (const { token, length } of rows) {
      this.checkToken(token);
      if (!isWithin(length, 0, this.capacity - 1)) {
        throw new RangeError(`a row of ${length} tokens has no place for one more in a capacity of ${this.capacity}`);
      }
    }
    return this.exclusively(async () => {
      await this.run(this.inputs.decode(firstSlot, rows), 1);
      return this.logits.rows(0, rows.length);
    });
  }

  /** A run under way is told to end; what it uses is freed when it has. */
  dispose(): void {
    if (this.state === 'disposed') return;
    const running = this.state === 'running';
    this.state = 'disposed';
    if (running) this.runOptions.terminate();
    else this.free();
  }

  private free(): void {
    this.cache.dispose();
    this.runOptions.dispose();
    this.session.dispose();
  }

  private async exclusively<T>(work: () => Promise<T>): Promise<T> {
    if (this.state === 'disposed') throw new Error('this decoder was disposed');
    if (this.state === 'running') throw new Error('this decoder is in a run: await it before the next');
    this.state = 'running';
    try {
      return await work();
    } finally {
      if (this.wasDisposed()) this.free();
      else this.state = 'idle';
    }
  }

  /** A method, because `dispose` may change the state during an await. */
  private wasDisposed(): boolean {
    return this.state === 'disposed';
  }

  /** @param logitsRows rows of logits that each row of the run gives */
  private run(inputs: RunInputs, logitsRows: number): Promise<void> {
    const { rows } = inputs;
    const memory = this.logits.memory(rows * logitsRows);
    return this.runWith(inputs, (binding) => {
      const shape = [rows, logitsRows, this.vocabSize];
      const tensor = new Tensor(this.session.environment, memory, this.plan.logitsElementType, shape);
      try {
        binding.bindOutput(this.plan.names.logits, tensor);
      } finally {
        tensor.dispose();
      }
    });
  }

  private async runWith(inputs: RunInputs, bindLogits: (binding: Binding) => void): Promise<void> {
    const { names } = this.plan;
    const { rows, tokens, mask, maskWidth } = inputs;
    const binding = this.cache.window(inputs.firstSlot, rows);
    this.bindInput(binding, names.inputIds, inputs.ids, [rows, tokens]);
    this.bindInput(binding, names.attentionMask, mask, [rows, maskWidth]);
    if (names.positionIds !== null) this.bindInput(binding, names.positionIds, inputs.positions, [rows, tokens]);
    bindLogits(binding);
    await this.session.run(binding, this.runOptions);
  }

  private bindInput(binding: Binding, name: string, values: BigInt64Array, shape: number[]): void {
    const tensor = new Tensor(this.session.environment, values, 'int64', shape);
    try {
      binding.bindInput(name, tensor);
    } finally {
      tensor.dispose();
    }
  }

  /** Two tokens through slot 0, logits wherever the runtime puts them: one row or two come back. */
  private learnLogitsShape(): Promise<void> {
    return this.exclusively(async () => {
      const inputs = this.inputs.prefill(0, Int32Array.of(0, 0), 0);
      await this.runWith(inputs, (binding) => binding.bindOutputToHost(this.plan.names.logits));
      const shape = this.cache.window(0, 1).outputShapes().at(-1)!;
      this.lastOnly = shape[1] === 1;
      if (shape.length !== 3 || shape[2] !== this.vocabSize) {
        throw new RangeError(`logits of two tokens are [${shape.join(', ')}], not [1, 1 or 2, ${this.vocabSize}]`);
      }
    });
  }

  private checkSlots(first: number, count: number): void {
    if (count > 0 && isWithin(first, 0, this.slots - count)) return;
    throw new RangeError(`slots ${first} to ${first + count - 1} of ${this.slots}`);
  }

  private checkToken(token: number): void {
    if (isWithin(token, 0, this.vocabSize - 1)) return;
    throw new RangeError(`token ${token} in a vocabulary of ${this.vocabSize}`);
  }
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

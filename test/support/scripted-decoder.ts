/**
 * The scripted twin of a model: a `Decoder` whose logits are a hash of what its cache rows really hold.
 *
 * Like the real one it writes a value per position that depends on the token, on everything before it and on the
 * kernel (prefill or decode), and it lets an idle row write at its length. So a wrong length, slot, rewind or reuse
 * gives other tokens. It throws when a caller breaks the contract of `Decoder`.
 */
import type { Decoder, DecodeWindow } from '../../src/engine/generation/decoder.js';

/** One call, before it runs. */
export type ScriptedRun =
  | { kind: 'prefill'; slot: number; tokens: number[]; pastLength: number }
  | { kind: 'decode'; window: DecodeWindow };

export interface ScriptedDecoderOptions {
  slots: number;
  capacity: number;
  vocabSize: number;
  /** Called in the middle of a run, before it writes; what it throws fails the run. */
  onRun?: (run: ScriptedRun) => void | Promise<void>;
  /** Called with each row of logits that a slot got: may spoil it. */
  onLogits?: (slot: number, logits: Float32Array) => void;
}

const PREFILL_KERNEL = 0x51ed270b;
const DECODE_KERNEL = 0x2545f491;

export class ScriptedDecoder implements Decoder {
  readonly slots: number;
  readonly capacity: number;
  readonly vocabSize: number;
  disposed = false;
  private readonly cache: Uint32Array[];
  /** One buffer for all runs: a caller that keeps a row past the next run reads something else. */
  private readonly logits: Float32Array;
  private running = false;

  constructor(private readonly options: ScriptedDecoderOptions) {
    ({ slots: this.slots, capacity: this.capacity, vocabSize: this.vocabSize } = options);
    this.cache = Array.from({ length: options.slots }, () => new Uint32Array(options.capacity));
    this.logits = new Float32Array(options.slots * options.vocabSize);
  }

  prefill(slot: number, tokens: Int32Array, pastLength: number): Promise<Float32Array> {
    return this.exclusively({ kind: 'prefill', slot, tokens: [...tokens], pastLength }, () => {
      require(slot >= 0 && slot < this.slots, `slot ${slot}`);
      require(tokens.length >= (pastLength > 0 ? 2 : 1), `a chunk of ${tokens.length} behind ${pastLength}`);
      require(pastLength >= 0 && pastLength + tokens.length <= this.capacity, `a chunk ending beyond the capacity`);
      const kernel = tokens.length > 1 ? PREFILL_KERNEL : DECODE_KERNEL;
      for (const [i, token] of tokens.entries()) this.write(slot, pastLength + i, token, kernel);
      return this.read(slot, pastLength + tokens.length, 0);
    });
  }

  decode(window: DecodeWindow): Promise<Float32Array> {
    return this.exclusively({ kind: 'decode', window }, () => {
      const { firstSlot, rows } = window;
      require(rows.length > 0 &&
        firstSlot >= 0 &&
        firstSlot + rows.length <= this.slots, `rows from slot ${firstSlot}`);
      for (const [row, { token, length }] of rows.entries()) {
        require(length >= 0 && length < this.capacity, `a row of ${length} tokens in ${this.capacity}`);
        this.write(firstSlot + row, length, token, DECODE_KERNEL);
        this.read(firstSlot + row, length + 1, row);
      }
      return this.logits.subarray(0, rows.length * this.vocabSize);
    });
  }

  dispose(): void {
    this.disposed = true;
  }

  private async exclusively(run: ScriptedRun, work: () => Float32Array): Promise<Float32Array> {
    require(!this.running && !this.disposed, 'a run while another runs, or after dispose');
    this.running = true;
    this.logits.fill(Number.NaN);
    try {
      await this.options.onRun?.(run);
      return work();
    } finally {
      this.running = false;
    }
  }

  private write(slot: number, position: number, token: number, kernel: number): void {
    require(token >= 0 && token < this.vocabSize, `token ${token}`);
    const before = position === 0 ? 1 : this.cache[slot][position - 1];
    require(before !== 0, `slot ${slot} is written at ${position}, behind a hole`);
    this.cache[slot][position] = mix(mix(before, token + 1), kernel) | 1;
  }

  /** Logits in [0, 8) for the slot's first `length` positions, into the buffer's row `row`. */
  private read(slot: number, length: number, row: number): Float32Array {
    let state = length;
    for (let position = 0; position < length; position += 1) {
      require(this.cache[slot][position] !== 0, `slot ${slot} is read at ${position}, which nobody wrote`);
      state = mix(state, this.cache[slot][position]);
    }
    const logits = this.logits.subarray(row * this.vocabSize, (row + 1) * this.vocabSize);
    for (let id = 0; id < this.vocabSize; id += 1) logits[id] = mix(state, id) / 0x20000000;
    this.options.onLogits?.(slot, logits);
    return logits;
  }
}

function require(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`scripted decoder: ${what}`);
}

/** Two unsigned 32-bit words to one: multiply, xor, shift (the finaliser of MurmurHash3). */
function mix(a: number, b: number): number {
  let h = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

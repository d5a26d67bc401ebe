/**
 * The memory of all sequences: per layer one K and one V buffer `[slots, heads, capacity, headSize]`, bound as past
 * and present at once, so that attention writes in place and nothing is copied.
 *
 * Neighbouring slots are neighbouring bytes: rows `[firstSlot, firstSlot + rows)` are a view of every buffer, and one
 * slot is a batch of one. It does not know lengths: a row's length is what the attention mask says.
 */
import { AppError } from '../../common/errors/app-error.js';
import { Binding } from '../ort/binding.js';
import { NativeMemory } from '../ort/native-memory.js';
import type { Session } from '../ort/session.js';
import { Tensor } from '../ort/tensor.js';
import { bytesPerPosition, bytesPerToken, type CacheBuffer } from './kv-cache-layout.js';

interface Storage {
  buffer: CacheBuffer;
  memory: NativeMemory;
  slotBytes: number;
}

export class KvCache {
  private readonly storages: Storage[] = [];
  /** By first slot and rows. Bound once: a layer's four binds cost more than a step's other bindings together. */
  private readonly windows = new Map<string, Binding>();

  /** @throws {AppError} `model_failed`: too large for this system */
  constructor(
    private readonly session: Session,
    buffers: readonly CacheBuffer[],
    slots: number,
    private readonly capacity: number,
  ) {
    try {
      for (const buffer of buffers) {
        const slotBytes = buffer.heads * capacity * bytesPerPosition(buffer);
        this.storages.push({ buffer, memory: new NativeMemory(slots * slotBytes), slotBytes });
      }
    } catch (error) {
      this.dispose();
      const gib = ((bytesPerToken(buffers) * slots * capacity) / 2 ** 30).toPrecision(3);
      throw new AppError(
        'model_failed',
        `The cache for ${slots} sequences of ${capacity} tokens may grow to ${gib} GiB, which the system refuses to ` +
          'promise: lower MAX_CONTEXT or MAX_SLOTS.',
        { cause: error },
      );
    }
  }

  /** A binding with the caches of these rows bound; the caller binds the rest for each run. */
  window(firstSlot: number, rows: number): Binding {
    const key = `${firstSlot}+${rows}`;
    let binding = this.windows.get(key);
    if (binding === undefined) {
      binding = this.bind(firstSlot, rows);
      this.windows.set(key, binding);
    }
    return binding;
  }

  dispose(): void {
    for (const binding of this.windows.values()) binding.dispose();
    for (const { memory } of this.storages) memory.dispose();
  }

  private bind(firstSlot: number, rows: number): Binding {
    const binding = new Binding(this.session);
    try {
      for (const { buffer, memory, slotBytes } of this.storages) {
        const span = { memory, byteOffset: firstSlot * slotBytes };
        const shape = [rows, buffer.heads, this.capacity, buffer.headSize];
        const tensor = new Tensor(this.session.environment, span, buffer.elementType, shape);
        try {
          binding.bindInput(buffer.past, tensor);
          binding.bindOutput(buffer.present, tensor);
        } finally {
          tensor.dispose();
        }
      }
      return binding;
    } catch (error) {
      binding.dispose();
      throw error;
    }
  }
}

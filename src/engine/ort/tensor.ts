/**
 * A tensor laid over memory of ours: the runtime reads and writes in place and copies nothing.
 *
 * The memory is kept beside the handle, because the runtime does not keep it alive (../spec/engine.md 2.4, 1).
 */
import { elementBytes, elementTypeCode, type ElementType } from './element-type.js';
import type { Environment } from './environment.js';
import { Handle } from './handle.js';
import type { Pointer } from './library.js';
import type { NativeMemory } from './native-memory.js';

/** Bytes of a native block, from an offset. */
export interface NativeSpan {
  memory: NativeMemory;
  byteOffset: number;
}

export type TensorMemory = ArrayBufferView | NativeSpan;

export class Tensor {
  private readonly handle: Handle;

  /** @throws {RangeError} when the memory is smaller than the shape */
  constructor(
    environment: Environment,
    readonly memory: TensorMemory,
    readonly elementType: ElementType,
    readonly shape: readonly number[],
  ) {
    const byteLength = elementBytes(elementType) * shape.reduce((product, size) => product * size, 1);
    const available = ArrayBuffer.isView(memory) ? memory.byteLength : memory.memory.byteLength - memory.byteOffset;
    if (byteLength > available) {
      throw new RangeError(`a ${elementType} [${shape.join(', ')}] takes ${byteLength} bytes, not ${available}`);
    }
    const pointer = environment.api.get(
      'CreateTensorWithDataAsOrtValue',
      environment.cpuMemory,
      ArrayBuffer.isView(memory) ? memory : memory.memory.address(memory.byteOffset),
      byteLength,
      BigInt64Array.from(shape, BigInt),
      shape.length,
      elementTypeCode(elementType),
    );
    this.handle = new Handle('tensor', pointer, (value) => environment.api.release('ReleaseValue', value));
  }

  get pointer(): Pointer {
    return this.handle.pointer;
  }

  dispose(): void {
    this.handle.dispose();
  }
}

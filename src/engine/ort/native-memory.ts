/**
 * Zeroed memory outside the JavaScript heap, for caches that are large, mostly untouched and freed at a known moment.
 *
 * It comes from C's `calloc`: the operating system hands out pages when they are first touched, so a generous capacity
 * costs what is used of it. JavaScript never looks inside; only the runtime does.
 */
import koffi, { type LibraryHandle } from 'koffi';
import { Handle } from './handle.js';
import type { Pointer } from './library.js';

interface CLibrary {
  /** Kept as long as its functions are. */
  handle: LibraryHandle;
  calloc: (count: number, size: number) => Pointer | null;
  free: (memory: Pointer) => void;
}

let cLibrary: CLibrary | null = null;

export class NativeMemory {
  private readonly handle: Handle;

  /** @throws {RangeError} when the system refuses to promise that much */
  constructor(readonly byteLength: number) {
    const { calloc, free } = (cLibrary ??= openCLibrary());
    const pointer = calloc(Math.max(1, byteLength), 1);
    if (pointer === null) throw new RangeError(`the system gave no ${byteLength} bytes of memory`);
    this.handle = new Handle('memory', pointer, free);
  }

  address(byteOffset: number): Pointer {
    return this.handle.pointer + BigInt(byteOffset);
  }

  dispose(): void {
    this.handle.dispose();
  }
}

function openCLibrary(): CLibrary {
  const library = koffi.load(process.platform === 'win32' ? 'ucrtbase.dll' : null);
  return {
    handle: library,
    calloc: library.func('calloc', 'void *', ['size_t', 'size_t']),
    free: library.func('free', 'void', ['void *']),
  };
}

/**
 * Zeroed memory outside the JavaScript heap, for caches that are large, mostly untouched and freed at a known moment.
 *
 * It comes from C's `calloc`: the operating system hands out pages when they are first touched, so a generous capacity
 * costs what is used of it. JavaScript never looks inside; only the runtime does.
 */
import { Handle } from './handle.js';
import type { Pointer } from './library.js';
import { loadNativeLibrary } from './native-library.js';

interface CLibrary {
  calloc: (count: number, size: number) => Pointer | null;
  free: (memory: Pointer) => void;
  memcpy: (target: Pointer | ArrayBufferView, source: Pointer | ArrayBufferView, byteLength: number) => void;
  /** Only on Linux. */
  madvise: ((start: Pointer, length: number, advice: number) => number) | null;
}

/** A multiple of every page size in use. */
const PAGE_BYTES = 65_536;
const MADV_NOHUGEPAGE = 15;

let cLibrary: CLibrary | null = null;

export class NativeMemory {
  private readonly handle: Handle;

  /** @throws {RangeError} when the system refuses to promise that much */
  constructor(readonly byteLength: number) {
    cLibrary ??= openCLibrary();
    const pointer = cLibrary.calloc(Math.max(1, byteLength), 1);
    if (pointer === null) throw new RangeError(`the system gave no ${byteLength} bytes of memory`);
    keepSmallPages(cLibrary, pointer, byteLength);
    this.handle = new Handle('memory', pointer, cLibrary.free);
  }

  address(byteOffset: number): Pointer {
    return this.handle.pointer + BigInt(byteOffset);
  }

  dispose(): void {
    this.handle.dispose();
  }
}

/** Fills `target` from native memory; a view of it would be slower to make than most copies. */
export function copyOut(source: Pointer, target: ArrayBufferView): void {
  if (target.byteLength === 0) return;
  cLibrary ??= openCLibrary();
  cLibrary.memcpy(target, source, target.byteLength);
}

/** Writes all of `source` to native memory. */
export function copyIn(source: Uint8Array, target: Pointer): void {
  if (source.byteLength === 0) return;
  cLibrary ??= openCLibrary();
  cLibrary.memcpy(target, source, source.byteLength);
}

/**
 * Where the system gives huge pages unasked, one token touches 2 MiB per head and slot: the whole capacity would be
 * taken at once (measured: 610 MiB instead of 15), and attention over it was slower too. Advice only: it may fail.
 */
function keepSmallPages({ madvise }: CLibrary, pointer: Pointer, byteLength: number): void {
  if (madvise === null || byteLength < 2 * PAGE_BYTES) return;
  const page = BigInt(PAGE_BYTES);
  const start = ((pointer + page - 1n) / page) * page;
  madvise(start, byteLength - Number(start - pointer), MADV_NOHUGEPAGE);
}

function openCLibrary(): CLibrary {
  const library = loadNativeLibrary(process.platform === 'win32' ? 'ucrtbase.dll' : null);
  return {
    calloc: library.func('calloc', 'void *', ['size_t', 'size_t']),
    free: library.func('free', 'void', ['void *']),
    memcpy: library.func('memcpy', 'void', ['void *', 'void *', 'size_t']),
    madvise: process.platform === 'linux' ? library.func('madvise', 'int', ['void *', 'size_t', 'int']) : null,
  };
}

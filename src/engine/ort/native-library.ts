/**
 * The one way to a native library: loaded with room to work, and never let go.
 *
 * It knows koffi's two traps. A handle that is collected unloads its library, under code that may be running: the
 * process then dies in the middle of a kernel. And native code runs on stacks of koffi's own, without a guard page, of
 * 128 KiB for asynchronous calls unless told otherwise; the runtime is written for threads with 8 MiB.
 */
import koffi, { type LibraryHandle } from 'koffi';

/** Pages of a stack are only taken when touched. */
const STACK_BYTES = 8 * 1024 * 1024;

const kept: LibraryHandle[] = [];

/** @param path null for what the process has loaded already, the C library among it */
export function loadNativeLibrary(path: string | null): LibraryHandle {
  // koffi takes settings only before the first library.
  if (kept.length === 0) koffi.config({ sync_stack_size: STACK_BYTES, async_stack_size: STACK_BYTES });
  const handle = koffi.load(path);
  kept.push(handle);
  return handle;
}

/**
 * One native pointer and its one owner: released once, refused after, and never under a run.
 *
 * It does not know what it points to. Nothing here waits for garbage collection: owners dispose.
 */
import type { Pointer } from './library.js';

export class Handle {
  private current: Pointer | null;
  private users = 0;

  /** @param what for messages, e.g. `session` */
  constructor(
    private readonly what: string,
    pointer: Pointer,
    private readonly release: (pointer: Pointer) => void,
  ) {
    this.current = pointer;
  }

  get pointer(): Pointer {
    if (this.current === null) throw new Error(`this ${this.what} was disposed`);
    return this.current;
  }

  get inUse(): boolean {
    return this.users > 0;
  }

  /** Native code works with the pointer on another thread until `unlock`. */
  lock(): void {
    if (this.current === null) throw new Error(`this ${this.what} was disposed`);
    this.users += 1;
  }

  unlock(): void {
    this.users -= 1;
  }

  /** A second time does nothing. */
  dispose(): void {
    if (this.current === null) return;
    if (this.inUse) throw new Error(`this ${this.what} is in use by a run: await the run, then dispose`);
    const pointer = this.current;
    this.current = null;
    this.release(pointer);
  }
}

/**
 * A queue between a callback and one async reader: what is pushed comes out in order, then the end or an error.
 *
 * Unbounded: the engine makes at most `maxTokens` events per request, a few dozen bytes each.
 */
export class EventQueue<T> implements AsyncIterableIterator<T> {
  private readonly items: T[] = [];
  private head = 0;
  private closed = false;
  private failure: unknown = null;
  private reader: { resolve: (result: IteratorResult<T>) => void; reject: (error: unknown) => void } | null = null;

  push(item: T): void {
    if (this.closed) return;
    const reader = this.takeReader();
    if (reader) reader.resolve({ done: false, value: item });
    else this.items.push(item);
  }

  /** No more items; those already pushed are still read. */
  end(): void {
    this.close(null);
  }

  /** Like `end`, but the reader then gets `error` thrown. */
  fail(error: unknown): void {
    this.close(error);
  }

  next(): Promise<IteratorResult<T>> {
    if (this.head < this.items.length) return Promise.resolve({ done: false, value: this.shift() });
    if (this.failure !== null) return Promise.reject(this.takeFailure());
    if (this.closed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.reader = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<T>> {
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private close(error: unknown): void {
    if (this.closed) return;
    this.closed = true;
    const reader = this.takeReader();
    if (!reader) this.failure = error;
    else if (error === null) reader.resolve({ done: true, value: undefined });
    else reader.reject(error);
  }

  private takeReader() {
    const reader = this.reader;
    this.reader = null;
    return reader;
  }

  private takeFailure(): unknown {
    const failure = this.failure;
    this.failure = null;
    return failure;
  }

  private shift(): T {
    const item = this.items[this.head];
    this.head += 1;
    if (this.head === this.items.length) {
      this.items.length = 0;
      this.head = 0;
    }
    return item;
  }
}

import { describe, expect, it } from 'vitest';
import { EventQueue } from './event-queue.js';

describe('EventQueue', () => {
  it('gives what was pushed in order, before and after the reader came, then ends', async () => {
    const queue = new EventQueue<number>();
    queue.push(1);
    queue.push(2);
    setTimeout(() => {
      queue.push(3);
      queue.end();
    });
    const read: number[] = [];
    for await (const item of queue) read.push(item);
    expect(read).toEqual([1, 2, 3]);
  });

  it('delivers what came before a failure, then throws it once', async () => {
    const queue = new EventQueue<string>();
    queue.push('a');
    queue.fail(new Error('gone'));
    queue.push('late');
    expect(await queue.next()).toEqual({ done: false, value: 'a' });
    await expect(queue.next()).rejects.toThrow('gone');
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });

  it('wakes a waiting reader with the failure', async () => {
    const queue = new EventQueue<string>();
    const waiting = queue.next();
    queue.fail(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
  });

  it('takes nothing more once its reader has left the loop', async () => {
    const queue = new EventQueue<number>();
    queue.push(1);
    for await (const item of queue) if (item === 1) break;
    queue.push(2);
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });
});

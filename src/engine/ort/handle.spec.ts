import { describe, expect, it } from 'vitest';
import { Handle } from './handle.js';

describe('a handle', () => {
  const open = () => {
    const released: bigint[] = [];
    return { handle: new Handle('thing', 7n, (pointer) => released.push(pointer)), released };
  };

  it('releases its pointer once, however often it is disposed', () => {
    const { handle, released } = open();
    handle.dispose();
    handle.dispose();
    expect(released).toEqual([7n]);
  });

  it('refuses every use after dispose', () => {
    const { handle } = open();
    handle.dispose();
    expect(() => handle.pointer).toThrow('this thing was disposed');
    expect(() => handle.lock()).toThrow('this thing was disposed');
  });

  it('is not released while native code works with it', () => {
    const { handle, released } = open();
    handle.lock();
    expect(() => handle.dispose()).toThrow('in use by a run');
    handle.unlock();
    handle.dispose();
    expect(released).toEqual([7n]);
  });
});

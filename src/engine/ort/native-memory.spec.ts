import koffi from 'koffi';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { NativeMemory } from './native-memory.js';

const GIB = 1024 ** 3;

describe('native memory', () => {
  it('costs nothing until it is touched, also beyond 4 GiB', () => {
    const before = process.memoryUsage.rss();
    const memory = new NativeMemory(6 * GIB);
    expect(process.memoryUsage.rss() - before).toBeLessThan(GIB / 100);
    memory.dispose();
  });

  it('is zeroed, and addressed by byte', () => {
    const memory = new NativeMemory(1 << 20);
    expect(new Uint8Array(koffi.view(memory.address(0), 1 << 20)).every((byte) => byte === 0)).toBe(true);
    expect(memory.address(48) - memory.address(0)).toBe(48n);
    memory.dispose();
  });

  it('is refused after dispose; a second dispose does nothing', () => {
    const memory = new NativeMemory(16);
    memory.dispose();
    memory.dispose();
    expect(() => memory.address(0)).toThrow('this memory was disposed');
  });

  it('says how much the system would not give', () => {
    expect(() => new NativeMemory(2 ** 50)).toThrow(`${2 ** 50} bytes`);
  });

  it.runIf(process.platform === 'linux')('asks for small pages: a huge one would take what no token needs', () => {
    const memory = new NativeMemory(64 << 20);
    expect(flagsOfMappingAt(memory.address(32 << 20))).toContain('nh');
    memory.dispose();
  });
});

/** `VmFlags` of the mapping that holds the address, from `/proc/self/smaps`. */
function flagsOfMappingAt(address: bigint): string[] {
  let inside = false;
  for (const line of readFileSync('/proc/self/smaps', 'utf8').split('\n')) {
    const range = /^([0-9a-f]+)-([0-9a-f]+) /.exec(line);
    if (range) inside = address >= BigInt(`0x${range[1]}`) && address < BigInt(`0x${range[2]}`);
    else if (inside && line.startsWith('VmFlags:')) return line.split(/\s+/).slice(1);
  }
  return [];
}

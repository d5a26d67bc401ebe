import { afterEach, describe, expect, it } from 'vitest';
import { ADDITION, environment, floats, openSession } from '../../../test/support/onnx/runtime.js';
import { Binding } from './binding.js';
import { elementBytes, elementTypeCode, elementTypeName } from './element-type.js';
import { NativeMemory } from './native-memory.js';
import type { Session } from './session.js';
import { Tensor } from './tensor.js';

describe('a tensor', () => {
  let session: Session | null = null;
  afterEach(() => session?.dispose());

  it('is laid over memory, not copied: a run reads and writes the very bytes', async () => {
    session = await openSession(ADDITION);
    const binding = new Binding(session);
    const a = Float32Array.of(1, 2, 3);
    const y = new Float32Array(3);
    binding.bindInput('a', floats(a));
    binding.bindInput('b', floats(Float32Array.of(10, 20, 30)));
    binding.bindOutput('y', floats(y));
    await session.run(binding);
    expect([...y]).toEqual([11, 22, 33]);
    a[0] = 100;
    await session.run(binding);
    expect([...y]).toEqual([110, 22, 33]);
    binding.dispose();
  });

  it('may start anywhere in a typed array or in native memory', async () => {
    session = await openSession(ADDITION);
    const binding = new Binding(session);
    const memory = new NativeMemory(64);
    const numbers = Float32Array.of(0, 0, 5, 6);
    const span = (byteOffset: number) => new Tensor(environment, { memory, byteOffset }, 'float32', [2]);
    binding.bindInput('a', floats(numbers.subarray(2)));
    binding.bindInput('b', span(0));
    binding.bindOutput('y', span(32));
    session.runSync(binding);
    binding.bindInput('b', span(32));
    const y = new Float32Array(2);
    binding.bindOutput('y', floats(y));
    session.runSync(binding);
    expect([...y]).toEqual([10, 12]);
    binding.dispose();
    memory.dispose();
  });

  it('refuses memory that is too small for its shape', () => {
    expect(() => floats(new Float32Array(5), [2, 3])).toThrow('a float32 [2, 3] takes 24 bytes, not 20');
    const memory = new NativeMemory(16);
    expect(() => new Tensor(environment, { memory, byteOffset: 8 }, 'int64', [2])).toThrow('takes 16 bytes, not 8');
    memory.dispose();
  });

  it('is refused after dispose; a second dispose does nothing', () => {
    const tensor = floats(Float32Array.of(1));
    tensor.dispose();
    tensor.dispose();
    expect(() => tensor.pointer).toThrow('this tensor was disposed');
  });
});

describe('element types', () => {
  it('have the numbers of ONNX and a size', () => {
    expect(elementTypeCode('float16')).toBe(10);
    expect(elementTypeName(7)).toBe('int64');
    expect(elementTypeName(17)).toBeNull();
    expect(elementBytes('bfloat16')).toBe(2);
    expect(() => elementBytes('string')).toThrow('no fixed element size');
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADDITION, floats, int64s, openSession } from '../../../test/support/onnx/runtime.js';
import { slowModel } from '../../../test/support/onnx/slow-model.js';
import { Binding } from './binding.js';
import type { Session } from './session.js';
import { OrtError } from './status.js';

describe('a binding', () => {
  let session: Session;
  beforeAll(async () => {
    session = await openSession(ADDITION);
  });
  afterAll(() => session.dispose());

  it('refuses an unknown name before the runtime sees it, and stays usable', () => {
    const binding = new Binding(session);
    const two = Float32Array.of(2);
    expect(() => binding.bindInput('c', floats(two))).toThrow('the model has no input "c"; it has a, b');
    expect(() => binding.bindOutput('z', floats(two))).toThrow('the model has no output "z"; it has y');
    expect(() => binding.bindOutputToHost('z')).toThrow('no output "z"');
    const y = new Float32Array(1);
    binding.bindInput('a', floats(two));
    binding.bindInput('b', floats(two));
    binding.bindOutput('y', floats(y));
    session.runSync(binding);
    expect(y[0]).toBe(4);
    binding.dispose();
  });

  it('keeps the memory of what it holds alive when nobody else does', async () => {
    const binding = new Binding(session);
    const length = 1 << 16;
    const bind = () => {
      for (const name of ['a', 'b']) {
        const tensor = floats(new Float32Array(length).fill(21));
        binding.bindInput(name, tensor);
        tensor.dispose();
      }
    };
    bind();
    const y = new Float32Array(length);
    binding.bindOutput('y', floats(y));
    for (let i = 0; i < 400; i += 1) new Float32Array(length).fill(i);
    await session.run(binding);
    expect(y.every((value) => value === 42)).toBe(true);
    binding.dispose();
  });

  it('can leave an output to the runtime and tell its shape', () => {
    const binding = new Binding(session);
    const three = floats(Float32Array.of(1, 2, 3));
    binding.bindInput('a', three);
    binding.bindInput('b', three);
    binding.bindOutputToHost('y');
    session.runSync(binding);
    expect(binding.outputShapes()).toEqual([[3]]);
    binding.dispose();
  });

  it('reports what the runtime says about wrong types and shapes, as an error with a code', async () => {
    const binding = new Binding(session);
    binding.bindInput('a', int64s([1]));
    binding.bindInput('b', floats(Float32Array.of(1)));
    binding.bindOutputToHost('y');
    const error = await session.run(binding).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OrtError);
    expect((error as OrtError).message).toContain('Unexpected input data type');
    expect((error as OrtError).code).toBe(2);
    binding.dispose();
  });

  it('is not used by two runs, rebound or disposed under a run', async () => {
    const slow = await openSession(slowModel(30, 256));
    const binding = new Binding(slow);
    const x = floats(new Float32Array(256 * 256), [256, 256]);
    binding.bindInput('x', x);
    binding.bindOutputToHost('y');
    const run = slow.run(binding);
    await expect(slow.run(binding)).rejects.toThrow('already in a run');
    expect(() => slow.runSync(binding)).toThrow('already in a run');
    expect(() => binding.bindInput('x', x)).toThrow('cannot be bound while the binding is in a run');
    expect(() => binding.dispose()).toThrow('in use by a run');
    expect(() => slow.dispose()).toThrow('in use by a run');
    await run;
    binding.dispose();
    slow.dispose();
  });

  it('is refused after dispose; a second dispose does nothing', async () => {
    const binding = new Binding(session);
    binding.dispose();
    binding.dispose();
    expect(() => binding.bindInput('a', floats(Float32Array.of(1)))).toThrow('this binding was disposed');
    await expect(session.run(binding)).rejects.toThrow('this binding was disposed');
  });
});

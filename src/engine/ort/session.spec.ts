import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { writeModel } from '../../../test/support/onnx/onnx-writer.js';
import { ADDITION, environment, floats, openSession } from '../../../test/support/onnx/runtime.js';
import { slowModel } from '../../../test/support/onnx/slow-model.js';
import { Binding } from './binding.js';
import { RunOptions } from './run-options.js';
import { Session } from './session.js';
import { SessionOptions } from './session-options.js';
import { describeValue } from './value-info.js';

const SIZE = 384;

function bindSlow(session: Session): Binding {
  const binding = new Binding(session);
  binding.bindInput('x', floats(new Float32Array(SIZE * SIZE), [SIZE, SIZE]));
  binding.bindOutputToHost('y');
  return binding;
}

describe('a session', () => {
  it('tells names, element types and shapes; free sizes by their names', async () => {
    const session = await openSession({
      nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
      inputs: [{ name: 'x', type: 'float16', shape: ['batch', 3, '', 'päst'] }],
      outputs: [{ name: 'y', type: 'float16', shape: ['batch', 3, '', 'päst'] }],
      metadata: { author: 'Ada' },
    });
    expect(session.inputs).toEqual([{ name: 'x', elementType: 'float16', shape: ['batch', 3, '', 'päst'] }]);
    expect(session.outputs[0].name).toBe('y');
    expect(describeValue(session.inputs[0])).toBe('float16 [batch, 3, ?, päst]');
    expect(session.customMetadata('author')).toBe('Ada');
    expect(session.customMetadata('nobody')).toBeNull();
    session.dispose();
  });

  it('knows scalars', async () => {
    const session = await openSession({
      nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
      inputs: [{ name: 'x', type: 'int32', shape: [] }],
      outputs: [{ name: 'y', type: 'int32', shape: [] }],
    });
    expect(session.inputs[0]).toEqual({ name: 'x', elementType: 'int32', shape: [] });
    session.dispose();
  });

  it('loads from a file, and reports a broken or missing one in the words of the runtime', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'session-'));
    const options = new SessionOptions(environment, { intraOpThreads: 2 });
    writeFileSync(join(folder, 'good.onnx'), writeModel(ADDITION));
    writeFileSync(join(folder, 'bad.onnx'), 'not a model');
    const session = await Session.fromFile(environment, join(folder, 'good.onnx'), options);
    expect(session.inputs.map((input) => input.name)).toEqual(['a', 'b']);
    session.dispose();
    await expect(Session.fromFile(environment, join(folder, 'bad.onnx'), options)).rejects.toThrow('bad.onnx');
    await expect(Session.fromFile(environment, join(folder, 'none.onnx'), options)).rejects.toThrow('none.onnx');
    options.dispose();
    rmSync(folder, { recursive: true });
  });

  it('is refused after dispose; a second dispose does nothing', async () => {
    const session = await openSession(ADDITION);
    const binding = new Binding(session);
    binding.dispose();
    session.dispose();
    session.dispose();
    expect(() => new Binding(session)).toThrow('this session was disposed');
    expect(() => session.customMetadata('author')).toThrow('this session was disposed');
  });

  it('keeps the event loop turning during an asynchronous run', async () => {
    const session = await openSession(slowModel(60, SIZE));
    const binding = bindSlow(session);
    let turns = 0;
    let running = true;
    const turn = () => {
      turns += 1;
      if (running) setImmediate(turn);
    };
    setImmediate(turn);
    await session.run(binding);
    running = false;
    expect(turns).toBeGreaterThan(10);
    binding.dispose();
    session.dispose();
  });

  it('outlives a collection of everything that can be collected', async () => {
    const session = await openSession(ADDITION);
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    const binding = new Binding(session);
    const y = new Float32Array(1);
    binding.bindInput('a', floats(Float32Array.of(1)));
    binding.bindInput('b', floats(Float32Array.of(2)));
    binding.bindOutput('y', floats(y));
    await session.run(binding);
    expect(y[0]).toBe(3);
    binding.dispose();
    session.dispose();
  });

  it('can run twice at once over two bindings', async () => {
    const session = await openSession(ADDITION, 2);
    const runs = [1, 2].map(async (value) => {
      const binding = new Binding(session);
      const y = new Float32Array(1);
      binding.bindInput('a', floats(Float32Array.of(value)));
      binding.bindInput('b', floats(Float32Array.of(value)));
      binding.bindOutput('y', floats(y));
      await session.run(binding);
      binding.dispose();
      return y[0];
    });
    expect(await Promise.all(runs)).toEqual([2, 4]);
    session.dispose();
  });

  it('ends a run, and refuses the next, when told to terminate', async () => {
    const session = await openSession(slowModel(2000, SIZE));
    const binding = bindSlow(session);
    const options = new RunOptions(environment);
    const run = session.run(binding, options);
    options.terminate();
    await expect(run).rejects.toThrow('terminate');
    await expect(session.run(binding, options)).rejects.toThrow('terminate');
    binding.dispose();
    options.dispose();
    session.dispose();
  });

  it('leaves nothing behind: two thousand made, run and disposed', { timeout: 180_000 }, async () => {
    const bytes = writeModel({ ...ADDITION, metadata: { note: 'n'.repeat(20_000) } });
    const one = async () => {
      const session = await openSession(bytes);
      const binding = new Binding(session);
      const tensors = [floats(Float32Array.of(1)), floats(Float32Array.of(2))];
      binding.bindInput('a', tensors[0]);
      binding.bindInput('b', tensors[1]);
      binding.bindOutputToHost('y');
      session.runSync(binding);
      binding.outputShapes();
      session.customMetadata('note');
      for (const tensor of tensors) tensor.dispose();
      binding.dispose();
      session.dispose();
    };
    for (let i = 0; i < 200; i += 1) await one();
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 2000; i += 1) await one();
    // A session that is not released keeps about 40 KiB: 80 MiB in all.
    expect(process.memoryUsage.rss() - before).toBeLessThan(24 * 1024 * 1024);
  });
});

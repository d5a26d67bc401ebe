import { describe, expect, it } from 'vitest';
import { environment } from '../../../test/support/onnx/runtime.js';
import { modelFile, OF_SHAPE, PREDICT_OPTIONS } from '../../../test/support/onnx/tensor-models.js';
import { loadTensors } from '../tensors/load-tensors.js';
import { shareArena } from './arena.js';

const MIB = 1024 * 1024;

describe('the shared arena', () => {
  it('refuses what is more than its limit as an error of the run, and goes on', async () => {
    shareArena(environment, 512 * MIB);
    shareArena(environment, 1);
    const { file, remove } = modelFile(OF_SHAPE);
    const { session } = await loadTensors(file, PREDICT_OPTIONS, '1');
    const ask = (...shape: bigint[]) =>
      session.run(
        [{ name: 'shape', value: { kind: 'tensor', dtype: 'int64', shape: [2], data: BigInt64Array.from(shape) } }],
        null,
      );
    const refused = expect.stringMatching(
      /^For these inputs the model needs (\d+ bytes at once|more memory)/,
    ) as string;
    await expect(ask(1024n, 200_000n)).rejects.toMatchObject({ code: 'invalid_value', message: refused });
    await expect(ask(100_000n, 100_000n)).rejects.toMatchObject({ code: 'invalid_value', message: refused });
    expect(await ask(2n, 3n)).toMatchObject([{ value: { shape: [2, 3] } }]);

    const before = process.memoryUsage.rss();
    for (let i = 0; i < 3; i += 1) {
      await expect(ask(1024n, 50_000n)).rejects.toMatchObject({ message: expect.stringContaining('the limit is') });
    }
    // 200 MiB were filled each time; they are given back at once.
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * MIB);
    session.dispose();
    remove();
  });
});

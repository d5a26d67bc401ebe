import { defineConfig } from 'vitest/config';

/** Faults and load on the real model: minutes, not seconds, one file at a time. */
export default defineConfig({
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    include: ['test/soak/**/*.spec.ts', 'test/engine/*schedules.spec.ts'],
    setupFiles: ['test/support/setup.ts'],
    env: { INGOT_SOAK: 'full' },
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 60_000,
  },
});

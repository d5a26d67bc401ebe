import { expect, it } from 'vitest';
import { withPixels } from './pixel-budget.js';

const LIMITS = { maxPixels: 100 };
const breathe = () => new Promise((resolve) => setImmediate(resolve));

it('lets work in that fits, in order, and never more than the limit beside one another', async () => {
  const log: string[] = [];
  const ends: (() => void)[] = [];
  const start = (name: string, pixels: number) =>
    withPixels(pixels, LIMITS, async () => {
      log.push(name);
      await new Promise<void>((resolve) => ends.push(resolve));
    });
  const all = [start('a', 60), start('b', 40), start('c', 10), start('d', 90)];
  await breathe();
  expect(log).toEqual(['a', 'b']);
  ends[0]();
  await breathe();
  expect(log).toEqual(['a', 'b', 'c']);
  ends[1]();
  ends[2]();
  await breathe();
  expect(log).toEqual(['a', 'b', 'c', 'd']);
  ends[3]();
  await Promise.all(all);
});

it('runs what is larger than the limit by itself, and goes on after a failure', async () => {
  const failed = withPixels(500, LIMITS, () => Promise.reject(new Error('no')));
  const next = withPixels(500, LIMITS, () => Promise.resolve('yes'));
  await expect(failed).rejects.toThrow('no');
  expect(await next).toBe('yes');
});

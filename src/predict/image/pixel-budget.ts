/**
 * How many pixels may be in memory at once, over all requests: a small file can unpack to the largest picture that is
 * allowed, and many of them come together. Who asks first is served first.
 */
import type { ImageLimits } from './image-limits.js';

interface Waiter {
  pixels: number;
  go: () => void;
}

const waiting: Waiter[] = [];
let used = 0;

/** Runs the work when its pixels fit beside the others'; alone it always runs. */
export async function withPixels<T>(pixels: number, { maxPixels }: ImageLimits, work: () => Promise<T>): Promise<T> {
  if (waiting.length > 0 || !fits(pixels, maxPixels)) {
    await new Promise<void>((resolve) => waiting.push({ pixels, go: resolve }));
  } else {
    used += pixels;
  }
  try {
    return await work();
  } finally {
    used -= pixels;
    admit(maxPixels);
  }
}

function fits(pixels: number, maxPixels: number): boolean {
  return used === 0 || used + pixels <= maxPixels;
}

function admit(maxPixels: number): void {
  while (waiting.length > 0 && fits(waiting[0].pixels, maxPixels)) {
    const next = waiting.shift()!;
    used += next.pixels;
    next.go();
  }
}

/** Pictures decoded, resized and turned into tensors here, held against what Pillow made of the same (`image-oracle.py`). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeImage, readImageHeader } from '../../src/predict/image/decode-image.js';
import type { Resample } from '../../src/predict/image/filters.js';
import { imageFormat } from '../../src/predict/image/image-format.js';
import { imageTensor } from '../../src/predict/image/image-tensor.js';
import { readPipeline } from '../../src/predict/image/pipeline.js';
import { toGrey } from '../../src/predict/image/pixels.js';
import { resize } from '../../src/predict/image/resample.js';

interface Sized {
  width: number;
  height: number;
  rgb: string;
}

interface Goldens {
  resize: (Sized & { results: (Sized & { filter: Resample })[] })[];
  grey: { rgb: string; grey: string };
  decode: (Sized & { name: string; content_type: string; file: string })[];
  pipelines: {
    file: string;
    cases: {
      name: string;
      settings: Record<string, unknown> | null;
      input: (number | string)[];
      shape: number[];
      float32: string;
    }[];
  };
}

const goldens = JSON.parse(readFileSync('test/golden/image-goldens.json', 'utf8')) as Goldens;
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));

/** Other builds of the decoders may round their colour conversion another way. */
const LOSSY = /^(jpeg|webp-lossy)/;
const LOSSY_LEVELS = 1;

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i])), 0);
}

describe('resize', () => {
  for (const source of goldens.resize) {
    it.each(source.results)(
      `makes of ${source.width} x ${source.height} with $filter the $width x $height of Pillow, to the bit`,
      async (wanted) => {
        const pixels = { width: source.width, height: source.height, channels: 3 as const, data: bytesOf(source.rgb) };
        const made = await resize(pixels, wanted, wanted.filter);
        expect(largestDifference(made.data, bytesOf(wanted.rgb))).toBe(0);
      },
    );
  }
});

it('turns colour to grey as Pillow does', async () => {
  const { data } = await toGrey({ width: 23, height: 17, channels: 3, data: bytesOf(goldens.grey.rgb) });
  expect(data).toEqual(bytesOf(goldens.grey.grey));
});

describe('decodeImage', () => {
  it.each(goldens.decode)('reads $name as Pillow does', async ({ name, content_type, file, ...wanted }) => {
    const bytes = bytesOf(file);
    const format = imageFormat(bytes, content_type);
    const header = await readImageHeader(bytes, format);
    const { width, height, data } = await decodeImage(bytes, format, header);
    expect({ width, height }).toEqual({ width: wanted.width, height: wanted.height });
    expect(header).toMatchObject({ width, height });
    expect(largestDifference(data, bytesOf(wanted.rgb))).toBeLessThanOrEqual(LOSSY.test(name) ? LOSSY_LEVELS : 0);
  });
});

describe('imageTensor', () => {
  it.each(goldens.pipelines.cases)('follows the settings of $name', async ({ settings, input, shape, float32 }) => {
    const signature = { name: 'x', type: 'tensor(float)', dtype: 'float32' as const, shape: input, optional: false };
    const bytes = bytesOf(goldens.pipelines.file);
    const tensor = await imageTensor(bytes, 'image/png', signature, readPipeline(settings), { maxPixels: 10_000 });
    expect(tensor.shape).toEqual(shape);
    const wanted = new Float32Array(bytesOf(float32).buffer);
    expect(largestDifference(tensor.data as Float32Array, wanted)).toBeLessThan(1e-5);
  });
});

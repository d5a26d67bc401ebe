import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Dtype, ValueSignature } from '../../inference/prediction-model.js';
import { fromFloat16Bits } from '../float16.js';
import { imageTensor } from './image-tensor.js';
import { readPipeline } from './pipeline.js';

const LIMITS = { maxPixels: 10_000 };

/** Left half red, right half blue. */
const raw = (width: number, height: number) =>
  sharp(
    Buffer.from(
      Array.from({ length: width * height }, (_, i) => (i % width < width / 2 ? [255, 0, 0] : [0, 0, 255])).flat(),
    ),
    { raw: { width, height, channels: 3 } },
  );
const picture = async (width = 4, height = 2) => new Uint8Array(await raw(width, height).png().toBuffer());

const input = (shape: ValueSignature['shape'], dtype: Dtype = 'float32'): ValueSignature => ({
  name: 'x',
  type: `tensor(${dtype})`,
  dtype,
  shape,
  optional: false,
});

const tensor = async (signature: ValueSignature, settings: Record<string, unknown> | null = null, bytes?: Uint8Array) =>
  imageTensor(bytes ?? (await picture()), 'image/png', signature, readPipeline(null, settings), LIMITS);

describe('imageTensor', () => {
  it('gives whole numbers the levels as they are', async () => {
    const { data, shape } = await tensor(input([null, 2, 4, 3], 'uint8'));
    expect(shape).toEqual([1, 2, 4, 3]);
    expect([...(data as Uint8Array)].slice(0, 12)).toEqual([255, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 255]);
    expect((await tensor(input(['N', 3, 2, 4], 'int64'))).data).toBeInstanceOf(BigInt64Array);
  });

  it('normalises whole numbers only where told, and only within their range', async () => {
    const centred = { rescale_factor: 1, image_mean: 128, image_std: 1 };
    const { data } = await tensor(input(['N', 3, 2, 4], 'int8'), centred);
    expect([...(data as Int8Array)].slice(0, 4)).toEqual([127, 127, -128, -128]);
    await expect(tensor(input(['N', 3, 2, 4], 'uint8'), centred)).rejects.toThrow(
      'The input "x" takes uint8, but the settings make -128 of level 0',
    );
  });

  it('writes halves', async () => {
    const { data } = await tensor(input(['N', 3, 2, 4], 'float16'), { do_normalize: false });
    expect(fromFloat16Bits((data as Uint16Array)[0])).toBe(1);
  });

  it('makes grey of colour for one channel, scaled only', async () => {
    const { data, shape } = await tensor(input(['N', 1, 2, 4]));
    expect(shape).toEqual([1, 1, 2, 4]);
    expect((data as Float32Array)[0]).toBeCloseTo(76 / 255, 6);
  });

  it("keeps ImageNet's numbers with their colours when blue comes first", async () => {
    const rgb = (await tensor(input(['N', 3, 2, 4]))).data as Float32Array;
    const bgr = (await tensor(input(['N', 3, 2, 4]), { channel_order: 'BGR' })).data as Float32Array;
    expect(bgr[0]).toBe(rgb[16]);
    expect(bgr[16]).toBe(rgb[0]);
  });

  it.each<[string, ValueSignature['shape'], number[]]>([
    ['a fixed channel axis in front', ['N', 3, 2, 4], [1, 3, 2, 4]],
    ['a fixed channel axis at the end', ['N', 2, 4, 3], [1, 2, 4, 3]],
    ['both, taken as in front', ['N', 3, 3, 3], [1, 3, 3, 3]],
    ["a channel axis' name", ['batch', 'num_channels', 2, 4], [1, 3, 2, 4]],
    ['a name at the end', ['batch', 2, 4, 'channels'], [1, 2, 4, 3]],
  ])('tells the layout by %s', async (_words, shape, made) => {
    expect((await tensor(input(shape))).shape).toEqual(made);
  });

  it('takes the layout from the settings where the shape leaves it open', async () => {
    const open = input(['a', 'b', 'c', 'd']);
    expect((await tensor(open, { layout: 'NHWC' })).shape).toEqual([1, 2, 4, 3]);
    await expect(tensor(open)).rejects.toThrow('set "layout" to NCHW or NHWC');
  });

  it('keeps the size of the picture where the model takes any', async () => {
    expect((await tensor(input(['N', 3, 'h', 'w']))).shape).toEqual([1, 3, 2, 4]);
    expect((await tensor(input(['N', 3, '?', '?']))).shape).toEqual([1, 3, 2, 4]);
    expect((await tensor(input(['N', 3, 's', 's']), null, await picture(5, 5))).shape).toEqual([1, 3, 5, 5]);
  });

  it.each<[string, ValueSignature['shape'], Record<string, unknown> | null, string]>([
    ['names the setting when one axis is open', ['N', 3, 48, 'W'], null, 'set "size" to {"height", "width"}'],
    [
      'names the setting when both must be equal and are not',
      ['N', 3, 's', 's'],
      null,
      'this one is 2 x 4; set "size"',
    ],
    [
      'names the axes when the settings miss them',
      ['N', 3, 8, 8],
      { size: 9 },
      'takes pictures of 8 x 8 (height x width); the settings make 9 x 9',
    ],
    ['names the rank', ['N', 784], null, 'has rank 2; a picture needs 4 axes'],
    ['names the channels', ['N', 4, 8, 8], null, 'no axis is a picture'],
    ['names a colour that does not fit', ['N', 3, 8, 8], { channel_order: 'grey' }, '"channel_order" grey makes 1'],
    ['bounds what it resizes to', ['N', 3, 'h', 'w'], { size: 2000 }, 'would be resized to 2000 x 2000'],
  ])('%s', async (_words, shape, settings, message) => {
    await expect(tensor(input(shape), settings)).rejects.toThrow(message);
  });

  it('refuses inputs that no picture can be', async () => {
    await expect(tensor(input(['N', 3, 2, 4], 'string'))).rejects.toThrow('takes tensor(string)');
  });

  it('refuses more pixels than allowed before it decodes any', async () => {
    const bomb = new Uint8Array(
      await sharp({ create: { width: 5000, height: 5000, channels: 3, background: 'black' } })
        .png()
        .toBuffer(),
    );
    expect(bomb.length).toBeLessThan(300_000);
    await expect(tensor(input(['N', 3, 2, 4]), null, bomb)).rejects.toThrow(
      'The image is 5000 x 5000, 25000000 pixels; the limit is 10000 (PREDICT_MAX_PIXELS).',
    );
    const strip = await picture(1, 2000);
    await expect(tensor(input(['N', 3, 40, 40]), null, strip)).rejects.toThrow('by way of 40 x 2000');
    const thread = await picture(70_000, 1);
    await expect(tensor(input(['N', 3, 2, 4]), null, thread)).rejects.toThrow('no edge may be longer than 65535');
  });
});

/**
 * The bytes of a picture file → RGB pixels, as Pillow's `open().convert("RGB")` gives them after the EXIF turn: first
 * frame, alpha dropped, colour profiles not applied, 16 bits cut to 8.
 *
 * Decoding runs on sharp's threads; of its loaders only those for the served formats may run.
 */
import sharp from 'sharp';
import { AppError } from '../../common/errors/app-error.js';
import { readBmpHeader } from './bmp-header.js';
import { decodeBmp } from './decode-bmp.js';
import type { ImageFormat } from './image-format.js';
import { cmykToRgb, greyToRgb, type Pixels } from './pixels.js';

export interface ImageHeader {
  /** After the EXIF turn. */
  width: number;
  height: number;
  /** The file has cyan, magenta, yellow and black instead of light. */
  inks: boolean;
}

sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadNsgif', 'VipsForeignLoadWebp'],
});
// Every picture comes once, and requests already run beside one another.
sharp.cache(false);
sharp.concurrency(1);

/** No pixel is decoded. @throws AppError `invalid_value` for a damaged file */
export async function readImageHeader(bytes: Uint8Array, format: ImageFormat): Promise<ImageHeader> {
  if (format === 'bmp') return { ...readBmpHeader(asBuffer(bytes)), inks: false };
  try {
    const { autoOrient, space } = await sharp(bytes, { limitInputPixels: false }).metadata();
    return { ...autoOrient, inks: space === 'cmyk' };
  } catch (error) {
    throw damaged(format, error);
  }
}

/** @throws AppError `invalid_value` for a damaged file */
export async function decodeImage(bytes: Uint8Array, format: ImageFormat, header: ImageHeader): Promise<Pixels> {
  if (format === 'bmp') return decodeBmp(asBuffer(bytes));
  try {
    return await decodePixels(bytes, header);
  } catch (error) {
    throw damaged(format, error);
  }
}

async function decodePixels(bytes: Uint8Array, header: ImageHeader): Promise<Pixels> {
  const file = sharp(bytes, {
    limitInputPixels: header.width * header.height,
    failOn: 'error',
    ignoreIcc: true,
    autoOrient: true,
    sequentialRead: true,
  });
  const plain = header.inks
    ? file.pipelineColourspace('cmyk').toColourspace('cmyk')
    : file.removeAlpha().toColourspace('srgb');
  const { data, info } = await plain.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { width, height, channels: 3, data: await toRgb(data, channels) };
}

async function toRgb(data: Uint8Array, channels: number): Promise<Uint8Array> {
  if (channels === 3) return data;
  return channels === 4 ? cmykToRgb(data) : greyToRgb(data);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The library names its own functions in further lines: the first says enough. */
function damaged(format: ImageFormat, error: unknown): AppError {
  const reason = (error as Error).message.split('\n')[0].slice(0, 120);
  return new AppError('invalid_value', `The ${format} image cannot be decoded: ${reason}.`, { cause: error });
}

/**
 * A picture as plain bytes, and its colour conversions. It does not know files or tensors.
 */
import { inTurns } from './in-turns.js';

/** 8 bits a channel, interleaved, rows from the top: `[height, width, channels]`. */
export interface Pixels {
  width: number;
  height: number;
  channels: 1 | 3;
  data: Uint8Array;
}

/** ITU-R 601 luma in 16-bit fixed point, as Pillow's `convert("L")` computes it: equal channels keep their value. */
export async function toGrey({ width, height, channels, data }: Pixels): Promise<Pixels> {
  if (channels === 1) return { width, height, channels, data };
  const grey = new Uint8Array(width * height);
  await inTurns(grey.length, 3, (from, to) => {
    for (let i = from, at = from * 3; i < to; i++, at += 3) {
      grey[i] = (data[at] * 19595 + data[at + 1] * 38470 + data[at + 2] * 7471 + 0x8000) >> 16;
    }
  });
  return { width, height, channels: 1, data: grey };
}

/** @param grey `[pixels]` @returns `[pixels, 3]` */
export async function greyToRgb(grey: Uint8Array): Promise<Uint8Array> {
  const rgb = new Uint8Array(grey.length * 3);
  await inTurns(grey.length, 3, (from, to) => {
    for (let i = from, at = from * 3; i < to; i++, at += 3) rgb[at] = rgb[at + 1] = rgb[at + 2] = grey[i];
  });
  return rgb;
}

/**
 * Ink to light without a colour profile, as Pillow's `convert("RGB")` does it: each channel is what its ink and the black
 * ink leave of white.
 * @param inks `[pixels, 4]`: cyan, magenta, yellow, black; 255 is full
 */
export async function cmykToRgb(inks: Uint8Array): Promise<Uint8Array> {
  const rgb = new Uint8Array((inks.length / 4) * 3);
  await inTurns(inks.length / 4, 12, (from, to) => {
    for (let i = from; i < to; i++) {
      const light = 255 - inks[i * 4 + 3];
      for (let channel = 0; channel < 3; channel++) {
        const left = light - divideBy255(inks[i * 4 + channel] * light);
        rgb[i * 3 + channel] = left < 0 ? 0 : left;
      }
    }
  });
  return rgb;
}

/** Rounded division of a product of two bytes. */
function divideBy255(product: number): number {
  const shifted = product + 128;
  return ((shifted >> 8) + shifted) >> 8;
}

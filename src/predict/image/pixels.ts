/**
 * A picture as plain bytes, and its two colour conversions. It does not know files or tensors.
 */

/** 8 bits a channel, interleaved, rows from the top: `[height, width, channels]`. */
export interface Pixels {
  width: number;
  height: number;
  channels: 1 | 3;
  data: Uint8Array;
}

/** ITU-R 601 luma in 16-bit fixed point, as Pillow's `convert("L")` computes it: equal channels keep their value. */
export function toGrey({ width, height, channels, data }: Pixels): Pixels {
  if (channels === 1) return { width, height, channels, data };
  const grey = new Uint8Array(width * height);
  for (let i = 0, at = 0; i < grey.length; i++, at += 3) {
    grey[i] = (data[at] * 19595 + data[at + 1] * 38470 + data[at + 2] * 7471 + 0x8000) >> 16;
  }
  return { width, height, channels: 1, data: grey };
}

/**
 * Ink to light without a colour profile, as Pillow's `convert("RGB")` does it: each channel is what its ink and the black
 * ink leave of white.
 * @param inks `[pixels, 4]`: cyan, magenta, yellow, black; 255 is full
 */
export function cmykToRgb(inks: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((inks.length / 4) * 3);
  for (let from = 0, to = 0; from < inks.length; from += 4, to += 3) {
    const light = 255 - inks[from + 3];
    for (let channel = 0; channel < 3; channel++) {
      const clipped = light - divideBy255(inks[from + channel] * light);
      rgb[to + channel] = clipped < 0 ? 0 : clipped;
    }
  }
  return rgb;
}

/** Rounded division of a product of two bytes. */
function divideBy255(product: number): number {
  const shifted = product + 128;
  return ((shifted >> 8) + shifted) >> 8;
}

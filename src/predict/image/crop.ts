/** The middle of a picture; black where the picture is smaller. It does not scale. */
import type { Size } from './pipeline.js';
import type { Pixels } from './pixels.js';

/** Offsets round down, as Transformers' `center_crop` does it. */
export function crop(source: Pixels, { height, width }: Size): Pixels {
  if (source.height === height && source.width === width) return source;
  const { channels } = source;
  const top = Math.floor((source.height - height) / 2);
  const left = Math.floor((source.width - width) / 2);
  const data = new Uint8Array(height * width * channels);
  const firstColumn = Math.max(0, -left);
  const endColumn = Math.min(width, source.width - left);
  const endRow = Math.min(height, source.height - top);
  for (let row = Math.max(0, -top); row < endRow; row++) {
    const from = ((row + top) * source.width + firstColumn + left) * channels;
    const length = (endColumn - firstColumn) * channels;
    data.set(source.data.subarray(from, from + length), (row * width + firstColumn) * channels);
  }
  return { height, width, channels, data };
}

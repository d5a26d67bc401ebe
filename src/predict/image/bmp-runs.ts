/**
 * Run-length coded bitmaps (BI_RLE8, BI_RLE4) → one index byte a pixel, rows in the file's order. Pixels that the code
 * skips have index 0.
 */
import { refusal, type BmpHeader } from './bmp-header.js';

/** Second byte after a zero: end of line, end of picture, jump; more is a count of literal indices. */
const END_OF_LINE = 0;
const END_OF_PICTURE = 1;
const JUMP = 2;

/** @throws AppError `invalid_value` when the code ends before the picture does */
export function expandRuns(file: Buffer, { width, height, bits, pixelOffset }: BmpHeader): Buffer {
  const indices = Buffer.alloc(width * height);
  let at = pixelOffset;
  let x = 0;
  let y = 0;
  const next = (): number => {
    if (at >= file.length) throw refusal('its run lengths are cut off');
    return file[at++];
  };
  /** 4-bit indices come two in a byte, the high half first. */
  const half = (byte: number, i: number): number => (bits === 8 ? byte : i % 2 === 0 ? byte >> 4 : byte & 15);
  /** Only what lies inside the picture costs time, whatever the counts claim. */
  const put = (count: number, indexAt: (i: number) => number): void => {
    const inside = Math.min(count, width - x);
    for (let i = 0; i < inside; i++) indices[y * width + x + i] = indexAt(i);
    x += count;
  };
  while (y < height) {
    const count = next();
    const code = next();
    if (count > 0) {
      put(count, (i) => half(code, i));
    } else if (code === END_OF_LINE) {
      x = 0;
      y += 1;
    } else if (code === END_OF_PICTURE) {
      break;
    } else if (code === JUMP) {
      x += next();
      y += next();
    } else {
      const start = at;
      put(code, (i) => half(file[start + (bits === 8 ? i : i >> 1)] ?? 0, i));
      // Literals are padded to whole 16-bit words.
      const bytes = bits === 8 ? code : Math.ceil(code / 2);
      at = start + bytes + (bytes % 2);
    }
  }
  return indices;
}

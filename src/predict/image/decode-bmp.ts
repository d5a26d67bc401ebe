/**
 * Windows bitmaps → RGB pixels: 1, 2, 4, 8, 16, 24 and 32 bits, with palette, bit masks or run lengths, either way up.
 *
 * Written for the layout of the BITMAPINFOHEADER family (Microsoft, "Bitmap Storage"): every offset in the file is the
 * sender's word and is checked before it is used.
 */
import { AppError } from '../../common/errors/app-error.js';
import { readBmpHeader, type BmpHeader } from './bmp-header.js';
import { expandRuns } from './bmp-runs.js';
import { inTurns } from './in-turns.js';
import type { Pixels } from './pixels.js';

/** Puts one row's pixels into `rgb` from `at` on. */
type RowReader = (row: Uint8Array, rgb: Uint8Array, at: number) => void;

/** @throws AppError `invalid_value` */
export async function decodeBmp(file: Buffer): Promise<Pixels> {
  const header = readBmpHeader(file);
  const { width, height, bits } = header;
  const body = header.runs ? expandRuns(file, header) : file;
  const start = header.runs ? 0 : header.pixelOffset;
  const stride = header.runs ? width : Math.ceil((width * bits) / 32) * 4;
  if (start + stride * height > body.length) {
    throw new AppError(
      'invalid_value',
      `The bmp image is cut off: ${width} x ${height} at ${bits} bits takes ${start + stride * height} bytes, it has ${file.length}.`,
    );
  }
  const read = rowReader(header);
  const data = new Uint8Array(width * height * 3);
  await inTurns(height, width * 6, (from, to) => {
    for (let y = from; y < to; y++) {
      const line = header.topDown ? y : height - 1 - y;
      read(body.subarray(start + y * stride, start + (y + 1) * stride), data, line * width * 3);
    }
  });
  return { width, height, channels: 3, data };
}

function rowReader(header: BmpHeader): RowReader {
  const { width, bits, palette, masks } = header;
  if (header.runs) return indexedRows(width, 8, palette);
  if (bits <= 8) return indexedRows(width, bits, palette);
  if (bits === 24) return trueColourRows(width);
  return maskedRows(width, bits / 8, masks);
}

/** An index beyond the palette is black. */
function indexedRows(width: number, bits: number, palette: Uint8Array): RowReader {
  const perByte = 8 / bits;
  const mask = (1 << bits) - 1;
  return (row, rgb, at) => {
    for (let x = 0; x < width; x++) {
      const shift = 8 - bits * ((x % perByte) + 1);
      const index = (row[Math.floor(x / perByte)] >> shift) & mask;
      for (let channel = 0; channel < 3; channel++) rgb[at + x * 3 + channel] = palette[index * 3 + channel] ?? 0;
    }
  };
}

function trueColourRows(width: number): RowReader {
  return (row, rgb, at) => {
    for (let from = 0, to = at; from < width * 3; from += 3, to += 3) {
      rgb[to] = row[from + 2];
      rgb[to + 1] = row[from + 1];
      rgb[to + 2] = row[from];
    }
  };
}

function maskedRows(width: number, bytesPerPixel: number, masks: [number, number, number]): RowReader {
  const shifts = masks.map((mask) => (mask === 0 ? 0 : Math.log2((mask & -mask) >>> 0)));
  const tops = masks.map((mask, channel) => mask >>> shifts[channel]);
  return (row, rgb, at) => {
    for (let x = 0; x < width; x++) {
      let value = 0;
      for (let byte = 0; byte < bytesPerPixel; byte++) value |= row[x * bytesPerPixel + byte] << (byte * 8);
      for (let channel = 0; channel < 3; channel++) {
        const part = (value & masks[channel]) >>> shifts[channel];
        rgb[at + x * 3 + channel] = tops[channel] === 0 ? 0 : Math.floor((part * 255) / tops[channel]);
      }
    }
  };
}

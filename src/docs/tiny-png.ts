/**
 * A small PNG picture, written by hand: what an example request sends to a model of images.
 *
 * Eight bits of RGB, no filter, one compressed block (PNG specification, third edition).
 */
import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const RGB = 2;

/** A bright ring on a dark ground: something to classify. */
export function tinyPng(size: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, RGB, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(scanLines(size))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function scanLines(size: number): Buffer {
  const lines = Buffer.alloc(size * (1 + size * 3));
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const radius = Math.hypot(x - (size - 1) / 2, y - (size - 1) / 2) / size;
      const level = Math.abs(radius - 0.3) < 0.08 ? 240 : 16;
      lines.fill(level, y * (1 + size * 3) + 1 + x * 3, y * (1 + size * 3) + 4 + x * 3);
    }
  }
  return lines;
}

/** Length, type, content, and a checksum of the last two. */
function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/**
 * The header of a Windows bitmap as plain numbers, checked. It does not read pixels.
 */
import { AppError } from '../../common/errors/app-error.js';

export interface BmpHeader {
  width: number;
  height: number;
  /** Rows from the top; files have them from the bottom unless they say otherwise. */
  topDown: boolean;
  bits: 1 | 2 | 4 | 8 | 16 | 24 | 32;
  /** Pixels are run lengths of 4- or 8-bit indices. */
  runs: boolean;
  pixelOffset: number;
  /** `[entries, 3]`: red, green, blue. */
  palette: Uint8Array;
  /** Red, green, blue; of 16- and 32-bit pixels. */
  masks: [number, number, number];
}

const FILE_HEADER = 14;
const CORE_HEADER = 12;
const INFO_HEADER = 40;
const HEADER_SIZES = [CORE_HEADER, INFO_HEADER, 52, 56, 64, 108, 124];
const BITS = [1, 2, 4, 8, 16, 24, 32];
/** Values of the compression field. */
const PLAIN = 0;
const RUNS_8 = 1;
const RUNS_4 = 2;
const MASKS = 3;
const ALPHA_MASKS = 6;

/** @throws AppError `invalid_value` */
export function readBmpHeader(file: Buffer): BmpHeader {
  try {
    return parse(file);
  } catch (error) {
    if (error instanceof RangeError) throw refusal('its header is cut off');
    throw error;
  }
}

function parse(file: Buffer): BmpHeader {
  const size = file.readUInt32LE(FILE_HEADER);
  if (!HEADER_SIZES.includes(size)) throw refusal(`a header of ${size} bytes is not known`);
  const { width, signedHeight, bits, compression, colours } =
    size === CORE_HEADER ? coreFields(file) : infoFields(file);
  const height = Math.abs(signedHeight);
  if (width < 1 || height < 1) throw refusal(`a size of ${width} x ${signedHeight} is no picture`);
  if (!BITS.includes(bits)) throw refusal(`${bits} bits a pixel are not known`);
  const runs = compression === RUNS_8 || compression === RUNS_4;
  const masked = compression === MASKS || compression === ALPHA_MASKS;
  if (!fits(compression, bits)) throw refusal(`compression ${compression} does not go with ${bits} bits`);
  const masksInside = masked && size >= 52;
  const masksAfter = masked && size === INFO_HEADER;
  const masksAt = FILE_HEADER + INFO_HEADER;
  const paletteStart = FILE_HEADER + size + (masksAfter ? (compression === MASKS ? 12 : 16) : 0);
  const pixelOffset = file.readUInt32LE(10);
  return {
    width,
    height,
    topDown: signedHeight < 0,
    bits: bits as BmpHeader['bits'],
    runs,
    pixelOffset,
    palette: bits > 8 ? new Uint8Array() : readPalette(file, paletteStart, pixelOffset, size, colours || 1 << bits),
    masks: masksInside || masksAfter ? readMasks(file, masksAt) : defaultMasks(bits),
  };
}

/** OS/2 1.x: 16-bit sizes, no compression. */
function coreFields(file: Buffer) {
  return {
    width: file.readUInt16LE(18),
    signedHeight: file.readUInt16LE(20),
    bits: file.readUInt16LE(24),
    compression: PLAIN,
    colours: 0,
  };
}

function infoFields(file: Buffer) {
  return {
    width: file.readInt32LE(18),
    signedHeight: file.readInt32LE(22),
    bits: file.readUInt16LE(28),
    compression: file.readUInt32LE(30),
    colours: file.readUInt32LE(46),
  };
}

function fits(compression: number, bits: number): boolean {
  if (compression === PLAIN) return true;
  if (compression === RUNS_8) return bits === 8;
  if (compression === RUNS_4) return bits === 4;
  return (compression === MASKS || compression === ALPHA_MASKS) && (bits === 16 || bits === 32);
}

/** Up to the pixels, whatever number of colours is claimed. */
function readPalette(file: Buffer, start: number, end: number, headerSize: number, colours: number): Uint8Array {
  const entry = headerSize === CORE_HEADER ? 3 : 4;
  const room = Math.max(0, Math.floor((Math.min(end, file.length) - start) / entry));
  const palette = new Uint8Array(Math.min(colours, room, 256) * 3);
  for (let to = 0, from = start; to < palette.length; to += 3, from += entry) {
    palette.set([file[from + 2], file[from + 1], file[from]], to);
  }
  return palette;
}

function readMasks(file: Buffer, at: number): BmpHeader['masks'] {
  return [file.readUInt32LE(at), file.readUInt32LE(at + 4), file.readUInt32LE(at + 8)];
}

function defaultMasks(bits: number): BmpHeader['masks'] {
  return bits === 16 ? [0x7c00, 0x03e0, 0x001f] : [0xff0000, 0x00ff00, 0x0000ff];
}

export function refusal(reason: string): AppError {
  return new AppError('invalid_value', `The bmp image cannot be decoded: ${reason}.`);
}

/**
 * Base64 → bytes, in turns, and strictly: Node's decoder skips what is not base64, and a damaged image would be told as
 * a wrong one. Both alphabets, with or without padding, and line breaks as `base64` prints them are accepted.
 */
import type { Pace } from './pace.js';

/** Characters decoded between two looks at the clock; a multiple of four. */
const STRIDE = 1 << 20;

/** @returns null when the text is not base64 */
export async function decodeBase64(text: string, pace: Pace): Promise<Buffer | null> {
  return (await decodeExactly(text, pace)) ?? (/\s/.test(text) ? decodeExactly(text.replace(/\s+/g, ''), pace) : null);
}

/** The decoder yields three bytes for every four characters, unless it skipped one. */
async function decodeExactly(text: string, pace: Pace): Promise<Buffer | null> {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const characters = text.length - padding;
  if (characters % 4 === 1 || (padding > 0 && text.length % 4 !== 0)) return null;
  const length = Math.floor((characters * 3) / 4);
  const bytes = Buffer.allocUnsafe(length);
  let written = 0;
  for (let from = 0; from < characters; from += STRIDE) {
    const piece = text.slice(from, Math.min(from + STRIDE, characters));
    const expected = Math.floor((piece.length * 3) / 4);
    if (bytes.write(piece, written, 'base64') !== expected) return null;
    written += expected;
    if (written < length && pace.isDue) await pace.rest();
  }
  return bytes;
}

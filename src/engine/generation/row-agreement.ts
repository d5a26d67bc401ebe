/**
 * How many rows a decode run needs so that a row's logits do not depend on its company, to the bit: asked of the
 * decoder itself, at load. It knows no kernel.
 *
 * On CPUs with AVX-512 VNNI one row alone and rows together agree. With AVX2 a run of one row takes a kernel of its own
 * (a product of matrix and vector), 1.5e-5 away in the logits, and sooner or later another token; from two rows on,
 * all agree. There, a lone row gets an idle one beside it: 15 % slower alone, and the same text in any company.
 */
import type { Decoder } from './decoder.js';

/** Enough rows to show kernels that work on several at a time. */
const MOST_ROWS = 8;
/** Beyond two rows the idle ones would cost more than the promise is worth. */
const ACCEPTABLE_ROWS = 2;

/**
 * Overwrites the first position of the first slots: to be asked before they are used.
 * @returns 1 or 2; null when rows do not agree at any price worth paying
 */
export async function fewestAgreeingRows(decoder: Decoder): Promise<number | null> {
  const most = Math.min(decoder.slots, MOST_ROWS);
  const wanted = (await decodeSame(decoder, most)).slice(0, decoder.vocabSize);
  let fewest = most;
  for (const rows of [most, 3, 2, 1]) {
    if (rows > most) continue;
    if (!everyRowIs(wanted, await decodeSame(decoder, rows))) break;
    fewest = rows;
  }
  return fewest <= ACCEPTABLE_ROWS ? fewest : null;
}

/** Decodes the same token in `rows` rows that hold nothing. */
function decodeSame(decoder: Decoder, rows: number): Promise<Float32Array> {
  const token = Math.min(1, decoder.vocabSize - 1);
  return decoder.decode({ firstSlot: 0, rows: Array.from({ length: rows }, () => ({ token, length: 0 })) });
}

/** Whether each row of `logits` has the very bits of `wanted`. */
function everyRowIs(wanted: Float32Array, logits: Float32Array): boolean {
  const bits = Buffer.from(wanted.buffer, wanted.byteOffset, wanted.byteLength);
  const all = Buffer.from(logits.buffer, logits.byteOffset, logits.byteLength);
  for (let start = 0; start < all.length; start += bits.length) {
    if (!bits.equals(all.subarray(start, start + bits.length))) return false;
  }
  return true;
}

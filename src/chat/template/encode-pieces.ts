/**
 * Neighbouring pieces of one text → ids, no token reaching over a border.
 *
 * Tokenizers of the SentencePiece kind put a space before what they encode. That is right for the first piece only, so
 * the others are encoded behind a line break whose ids are then taken off.
 */
import type { Tokenizer } from '../../inference/tokenizer/tokenizer.js';

const SPACE = 0x20;
const ANCHOR = '\n';
/** Keeps the tokenizer's threads busy; more would only fill memory when a message is nothing but literals. */
const AT_ONCE = 64;

/** The anchor's ids where a tokenizer puts a space first, else null. */
const anchors = new WeakMap<Tokenizer, Promise<Int32Array | null>>();

/** @param pieces empty ones are left out */
export async function encodePieces(tokenizer: Tokenizer, pieces: readonly string[]): Promise<Int32Array> {
  const [first, ...others] = pieces.filter((piece) => piece !== '');
  if (first === undefined) return new Int32Array(0);
  const encoded = [await tokenizer.encode(first)];
  for (let from = 0; from < others.length; from += AT_ONCE) {
    const some = others.slice(from, from + AT_ONCE);
    encoded.push(...(await Promise.all(some.map((piece) => encodeInside(tokenizer, piece)))));
  }
  return concat(encoded);
}

async function encodeInside(tokenizer: Tokenizer, piece: string): Promise<Int32Array> {
  const anchor = await anchorOf(tokenizer);
  if (anchor === null) return tokenizer.encode(piece);
  const ids = await tokenizer.encode(ANCHOR + piece);
  const kept = anchor.every((id, index) => ids[index] === id);
  return kept ? ids.subarray(anchor.length) : tokenizer.encode(piece);
}

function anchorOf(tokenizer: Tokenizer): Promise<Int32Array | null> {
  let anchor = anchors.get(tokenizer);
  if (anchor === undefined) {
    anchor = findAnchor(tokenizer);
    anchors.set(tokenizer, anchor);
  }
  return anchor;
}

async function findAnchor(tokenizer: Tokenizer): Promise<Int32Array | null> {
  const [first] = await tokenizer.encode('a');
  const putsSpace = first !== undefined && tokenizer.tokenBytes(first)[0] === SPACE;
  return putsSpace ? tokenizer.encode(ANCHOR) : null;
}

function concat(arrays: Int32Array[]): Int32Array {
  if (arrays.length === 1) return arrays[0];
  const all = new Int32Array(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}

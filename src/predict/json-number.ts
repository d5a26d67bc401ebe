/**
 * One JSON number, from bytes. Fast for the usual ones, exact for all.
 *
 * A decimal whose digits fit a double and whose power of ten is exact (up to 10^22) is one multiplication or division of
 * two exact numbers, which IEEE 754 rounds correctly (Clinger 1990). Everything else goes through `Number`.
 */

export interface NumberToken {
  value: number | bigint;
  /** First byte after the number; where the fault is, when there is no number. */
  end: number;
}

const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
/** A longer number of digits may not fit 2^53. */
const MAX_EXACT_DIGITS = 15;
/** 2^64 has 20 digits; beyond, a number is a float whatever it looks like. */
const MAX_INTEGER_DIGITS = 20;

const POWERS = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/**
 * @param characters the bytes once more, a character each
 * @returns whether there is a number at `start`; `token` tells the rest and is reused by the caller
 */
export function readNumber(bytes: Uint8Array, characters: string, start: number, token: NumberToken): boolean {
  let at = start;
  const negative = bytes[at] === MINUS;
  if (negative) at += 1;
  const first = at;
  let mantissa = 0;
  for (; isDigit(bytes[at]); at++) mantissa = mantissa * 10 + (bytes[at] - ZERO);
  const wholeDigits = at - first;
  if (wholeDigits === 0) return fault(token, at);
  if (wholeDigits > 1 && bytes[first] === ZERO) return fault(token, first + 1);
  let fractionDigits = 0;
  if (bytes[at] === POINT) {
    at += 1;
    const point = at;
    for (; isDigit(bytes[at]); at++) mantissa = mantissa * 10 + (bytes[at] - ZERO);
    fractionDigits = at - point;
    if (fractionDigits === 0) return fault(token, at);
  }
  let exponent = 0;
  const hasExponent = (bytes[at] | 0x20) === 0x65;
  if (hasExponent) {
    at += 1;
    const sign = bytes[at] === MINUS ? -1 : 1;
    if (bytes[at] === MINUS || bytes[at] === PLUS) at += 1;
    const from = at;
    for (; isDigit(bytes[at]); at++) exponent = Math.min(exponent * 10 + (bytes[at] - ZERO), 99_999);
    if (at === from) return fault(token, at);
    exponent *= sign;
  }
  token.end = at;
  const power = exponent - fractionDigits;
  if (wholeDigits + fractionDigits <= MAX_EXACT_DIGITS && power >= -22 && power <= 22) {
    const value = power < 0 ? mantissa / POWERS[-power] : mantissa * POWERS[power];
    token.value = negative ? -value : value;
  } else {
    const text = characters.slice(start, at);
    const integer = !hasExponent && fractionDigits === 0 && wholeDigits <= MAX_INTEGER_DIGITS;
    const value = Number(text);
    token.value = integer && !Number.isSafeInteger(value) ? BigInt(text) : value;
  }
  return true;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function fault(token: NumberToken, at: number): false {
  token.end = at;
  return false;
}

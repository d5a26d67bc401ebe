/**
 * Protocol Buffers' wire format, as far as a graph edit needs it: a message is a list of numbered fields.
 *
 * It does not know ONNX. Fields keep their own bytes, so what is not touched is written back byte for byte, also from
 * writers that do not use the shortest form. Format: the Protocol Buffers encoding specification.
 */

export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH_DELIMITED = 2;
export const FIXED32 = 5;

export interface Field {
  number: number;
  wireType: number;
  /** The whole field: tag, length and value. A view of the message it was read from. */
  bytes: Uint8Array;
  /** The value alone. */
  value: Uint8Array;
}

/** @throws {RangeError} when the bytes are not a message */
export function decodeFields(message: Uint8Array): Field[] {
  const fields: Field[] = [];
  let start = 0;
  while (start < message.length) {
    const tag = readVarint(message, start);
    const wireType = Number(tag.value & 7n);
    const { from, to } = valueRange(message, wireType, tag.end);
    if (to > message.length) throw new RangeError(`a field ends at byte ${to} of ${message.length}`);
    fields.push({
      number: Number(tag.value >> 3n),
      wireType,
      bytes: message.subarray(start, to),
      value: message.subarray(from, to),
    });
    start = to;
  }
  return fields;
}

export function encodeFields(fields: readonly Field[]): Uint8Array {
  return concatenate(fields.map((field) => field.bytes));
}

export function bytesField(number: number, value: Uint8Array): Field {
  return makeField(number, LENGTH_DELIMITED, lengthDelimitedHead(number, value.length), value);
}

/** What stands before a value of `length` bytes: for messages too large to be copied more than once. */
export function lengthDelimitedHead(number: number, length: number): Uint8Array {
  return concatenate([encodeVarint(tagOf(number, LENGTH_DELIMITED)), encodeVarint(BigInt(length))]);
}

export function textField(number: number, text: string): Field {
  return bytesField(number, new TextEncoder().encode(text));
}

export function messageField(number: number, fields: readonly Field[]): Field {
  return bytesField(number, encodeFields(fields));
}

/** Negative numbers take ten bytes, as `int64` does on the wire. */
export function varintField(number: number, value: number | bigint): Field {
  return makeField(number, VARINT, encodeVarint(tagOf(number, VARINT)), encodeVarint(BigInt(value)));
}

export function floatField(number: number, value: number): Field {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return makeField(number, FIXED32, encodeVarint(tagOf(number, FIXED32)), bytes);
}

/** A varint's value as a signed 64-bit number. */
export function varintOf(field: Field): number {
  return Number(BigInt.asIntN(64, readVarint(field.value, 0).value));
}

export function textOf(field: Field): string {
  return new TextDecoder().decode(field.value);
}

/** The field with this number; of several the last, as the specification asks of readers. */
export function findField(fields: readonly Field[], number: number): Field | undefined {
  return fields.findLast((field) => field.number === number);
}

export function textAt(fields: readonly Field[], number: number): string {
  const field = findField(fields, number);
  return field === undefined ? '' : textOf(field);
}

export function textsAt(fields: readonly Field[], number: number): string[] {
  return fields.filter((field) => field.number === number).map(textOf);
}

/** Repeated integers, packed or not. */
export function integersAt(fields: readonly Field[], number: number): number[] {
  return fields
    .filter((field) => field.number === number)
    .flatMap((field) => (field.wireType === LENGTH_DELIMITED ? unpack(field.value) : [varintOf(field)]));
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function makeField(number: number, wireType: number, head: Uint8Array, value: Uint8Array): Field {
  const bytes = concatenate([head, value]);
  return { number, wireType, bytes, value: bytes.subarray(head.length) };
}

function tagOf(number: number, wireType: number): bigint {
  return BigInt(number * 8 + wireType);
}

function valueRange(message: Uint8Array, wireType: number, from: number): { from: number; to: number } {
  switch (wireType) {
    case VARINT:
      return { from, to: readVarint(message, from).end };
    case FIXED64:
      return { from, to: from + 8 };
    case FIXED32:
      return { from, to: from + 4 };
    case LENGTH_DELIMITED: {
      const length = readVarint(message, from);
      return { from: length.end, to: length.end + Number(length.value) };
    }
    default:
      throw new RangeError(`wire type ${wireType} at byte ${from}`);
  }
}

function readVarint(bytes: Uint8Array, start: number): { value: bigint; end: number } {
  let value = 0n;
  for (let at = start, shift = 0n; at < bytes.length && shift < 70n; at += 1, shift += 7n) {
    value |= BigInt(bytes[at] & 0x7f) << shift;
    if (bytes[at] < 0x80) return { value: BigInt.asUintN(64, value), end: at + 1 };
  }
  throw new RangeError(`a number without end at byte ${start}`);
}

function encodeVarint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Uint8Array.from(bytes);
}

function unpack(packed: Uint8Array): number[] {
  const numbers: number[] = [];
  for (let at = 0; at < packed.length;) {
    const { value, end } = readVarint(packed, at);
    numbers.push(Number(BigInt.asIntN(64, value)));
    at = end;
  }
  return numbers;
}

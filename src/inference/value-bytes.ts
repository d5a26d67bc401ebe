/** How much memory the values of a request hold, near enough to bound what is under way. */
import type { GraphValue, NamedValue } from '../engine/protocol.js';

/** V8 keeps a character in one or two bytes; a string has a head of its own. */
const STRING_HEAD_BYTES = 16;

export function inputBytes(inputs: readonly NamedValue[]): number {
  return inputs.reduce((sum, { value }) => sum + valueBytes(value), 0);
}

function valueBytes(value: GraphValue): number {
  switch (value.kind) {
    case 'tensor':
      return Array.isArray(value.data) ? textBytes(value.data) : value.data.byteLength;
    case 'sequence':
      return value.items.reduce((sum, item) => sum + valueBytes(item), 0);
    case 'map':
      return [value.keys, value.values].reduce((sum, list) => sum + listBytes(list), 0);
    default:
      return value satisfies never;
  }
}

function listBytes(list: readonly (string | bigint | number)[]): number {
  return list.reduce<number>((sum, item) => sum + (typeof item === 'string' ? textBytes([item]) : 8), 0);
}

function textBytes(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + STRING_HEAD_BYTES + 2 * text.length, 0);
}

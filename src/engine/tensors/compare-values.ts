/**
 * How far two values of the seam are apart: for telling whether a row's answer depends on its company.
 */
import type { GraphValue } from '../protocol.js';
import { halfToNumber } from './half.js';

/** @returns 0 for equal values; relative to values above one; infinity where they differ in kind, shape or text */
export function difference(a: GraphValue, b: GraphValue): number {
  if (a.kind === 'tensor' && b.kind === 'tensor') {
    const sameShape = a.shape.length === b.shape.length && a.shape.every((size, axis) => size === b.shape[axis]);
    if (a.dtype !== b.dtype || !sameShape) return Infinity;
    const read = a.dtype === 'float16' ? halfToNumber : null;
    return ofLists(a.data, b.data, read);
  }
  if (a.kind === 'sequence' && b.kind === 'sequence') {
    if (a.items.length !== b.items.length) return Infinity;
    return largest(a.items.map((item, index) => difference(item, b.items[index])));
  }
  if (a.kind === 'map' && b.kind === 'map') {
    return Math.max(ofLists(a.keys, b.keys, null) === 0 ? 0 : Infinity, ofLists(a.values, b.values, null));
  }
  return Infinity;
}

type Element = number | bigint | string;

function ofLists(a: ArrayLike<Element>, b: ArrayLike<Element>, read: ((bits: number) => number) | null): number {
  if (a.length !== b.length) return Infinity;
  let most = 0;
  for (let i = 0; i < a.length; i += 1) {
    const [x, y] = read === null ? [a[i], b[i]] : [read(a[i] as number), read(b[i] as number)];
    most = Math.max(most, ofElements(x, y));
  }
  return most;
}

function ofElements(x: Element, y: Element): number {
  if (Object.is(x, y)) return 0;
  if (typeof x !== 'number' || typeof y !== 'number') return x === y ? 0 : Infinity;
  if (x === y) return 0;
  const distance = Math.abs(x - y) / Math.max(1, Math.abs(x));
  return Number.isNaN(distance) ? Infinity : distance;
}

function largest(numbers: number[]): number {
  return numbers.reduce((most, number) => Math.max(most, number), 0);
}

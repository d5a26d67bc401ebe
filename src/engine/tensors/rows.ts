/**
 * Requests as rows of one run: whether they can share it, their inputs joined along the first axis, and each one's
 * outputs cut out again. Pure; row order is request order.
 */
import type { GraphValue, NamedValue, TensorData, TensorValue } from '../protocol.js';

export interface Joinable {
  /** Requests with the same key can share a run. */
  key: string;
  rows: number;
}

/** An output does not divide into the rows that went in: such a model cannot be batched. */
export class NotRows extends Error {
  constructor(output: string) {
    super(`output "${output}" does not divide into rows`);
    this.name = 'NotRows';
  }
}

/**
 * @param required the model's inputs without a default: a request that sets others is like nobody else's
 * @returns null when the request must run alone
 */
export function joinable(
  inputs: readonly NamedValue[],
  outputs: readonly string[] | null,
  required: ReadonlySet<string>,
): Joinable | null {
  if (inputs.length !== required.size) return null;
  const parts: (string | number)[][] = [];
  let rows: number | null = null;
  for (const { name, value } of inputs) {
    if (value.kind !== 'tensor' || value.shape.length === 0 || !required.has(name)) return null;
    const [first, ...rest] = value.shape;
    rows ??= first;
    if (first !== rows) return null;
    parts.push([name, value.dtype, ...rest]);
  }
  if (rows === null || rows === 0) return null;
  parts.sort((a, b) => (a[0] < b[0] ? -1 : 1));
  return { key: JSON.stringify([parts, outputs]), rows };
}

/** @param requests inputs of requests with one key */
export function joinInputs(requests: readonly (readonly NamedValue[])[]): NamedValue[] {
  return requests[0].map(({ name }) => ({
    name,
    value: concatenate(requests.map((inputs) => inputs.find((input) => input.name === name)!.value as TensorValue)),
  }));
}

/**
 * @param rows of each request, in order
 * @throws {NotRows}
 */
export function splitOutputs(outputs: readonly NamedValue[], rows: readonly number[]): NamedValue[][] {
  const total = rows.reduce((sum, count) => sum + count, 0);
  for (const { name, value } of outputs) {
    if (rowsOf(value) !== total) throw new NotRows(name);
  }
  let start = 0;
  return rows.map((count) => {
    const from = start;
    start += count;
    return outputs.map(({ name, value }) => ({ name, value: slice(value, from, from + count) }));
  });
}

function rowsOf(value: GraphValue): number | null {
  if (value.kind === 'sequence') return value.items.length;
  return value.kind === 'tensor' && value.shape.length > 0 ? value.shape[0] : null;
}

function slice(value: GraphValue, from: number, to: number): GraphValue {
  if (value.kind === 'sequence') return { kind: 'sequence', items: value.items.slice(from, to) };
  if (value.kind !== 'tensor') throw new Error(`a ${value.kind} has no rows`);
  const { dtype, shape, data } = value;
  const size = shape.slice(1).reduce((product, axis) => product * axis, 1);
  const cut = Array.isArray(data) ? data.slice(from * size, to * size) : data.subarray(from * size, to * size);
  return { kind: 'tensor', dtype, shape: [to - from, ...shape.slice(1)], data: cut };
}

function concatenate(tensors: readonly TensorValue[]): TensorValue {
  const [{ dtype, shape }] = tensors;
  const rows = tensors.reduce((sum, tensor) => sum + tensor.shape[0], 0);
  return { kind: 'tensor', dtype, shape: [rows, ...shape.slice(1)], data: concatenateData(tensors.map((t) => t.data)) };
}

function concatenateData(parts: readonly TensorData[]): TensorData {
  const [first] = parts;
  if (Array.isArray(first)) return (parts as string[][]).flat();
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new (first.constructor as new (length: number) => Exclude<TensorData, string[]>)(length);
  let at = 0;
  for (const part of parts) {
    // One key means one element type.
    (whole as Uint8Array).set(part as Uint8Array, at);
    at += part.length;
  }
  return whole;
}

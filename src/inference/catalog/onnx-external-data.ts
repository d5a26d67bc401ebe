/**
 * Which other files an ONNX file needs: every tensor whose bytes live outside, with place, offset and length.
 *
 * Field numbers: onnx.proto (ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto). It checks no operator
 * and no shape; the runtime does.
 */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { MalformedProtobuf, ProtobufFile, type Field } from './protobuf-reader.js';

export interface ExternalTensor {
  tensor: string;
  location: string;
  offset: number;
  /** Bytes; from the shape where the file gives none, null where the type is unknown. */
  length: number | null;
}

/** The file is no ONNX model; the message says how. */
export class MalformedOnnx extends Error {}

const MODEL_GRAPH = 7;
/** Which fields of a message hold which messages. */
const CHILDREN = {
  graph: { 1: 'node', 5: 'tensor' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph' },
} as const satisfies Record<string, Record<number, Message>>;
type Message = 'graph' | 'node' | 'attribute' | 'tensor';

/** Nested `If` and `Loop` bodies; a real model has two or three levels. */
const MAX_DEPTH = 50;

/** Bits per element by TensorProto.DataType. */
const ELEMENT_BITS: Record<number, number> = {
  1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128, 16: 16,
  17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4,
}; // prettier-ignore

/**
 * Reads headers only, so its time does not grow with the weights.
 * @throws MalformedOnnx
 */
export function externalTensors(path: string): ExternalTensor[] {
  const descriptor = openSync(path, 'r');
  try {
    const size = fstatSync(descriptor).size;
    return walkModel(new ProtobufFile(descriptor, size));
  } catch (error) {
    if (!(error instanceof MalformedProtobuf)) throw error;
    throw new MalformedOnnx(wordsFor(error, fstatSync(descriptor).size));
  } finally {
    closeSync(descriptor);
  }
}

/** A part that ends beyond the file was cut off; one that only ends beyond what holds it never was right. */
function wordsFor({ cutOff, at }: MalformedProtobuf, sizeBytes: number): string {
  return cutOff && at > sizeBytes
    ? `it is cut off (${sizeBytes} of at least ${at} bytes): not a complete ONNX file`
    : 'it is damaged: its bytes are not an ONNX model';
}

function walkModel(file: ProtobufFile): ExternalTensor[] {
  const found: ExternalTensor[] = [];
  let hasGraph = false;
  for (const field of file.fields(0, file.sizeBytes)) {
    if (field.number !== MODEL_GRAPH || field.kind !== 'bytes') continue;
    hasGraph = true;
    walk(file, 'graph', field.start, field.end, 0, found);
  }
  if (!hasGraph) throw new MalformedOnnx('it holds no ONNX graph');
  return found;
}

function walk(
  file: ProtobufFile,
  message: Message,
  start: number,
  end: number,
  depth: number,
  found: ExternalTensor[],
): void {
  if (depth > MAX_DEPTH) throw new MalformedOnnx(`its graphs are nested more than ${MAX_DEPTH} levels deep`);
  if (message === 'tensor') {
    const tensor = readTensor(file, start, end);
    if (tensor !== null) found.push(tensor);
    return;
  }
  const children: Record<number, Message> = CHILDREN[message];
  for (const field of file.fields(start, end)) {
    const child = children[field.number];
    if (child !== undefined && field.kind === 'bytes') walk(file, child, field.start, field.end, depth + 1, found);
  }
}

/** @returns null when the tensor's bytes are in the model file */
function readTensor(file: ProtobufFile, start: number, end: number): ExternalTensor | null {
  const entries: Record<string, string> = {};
  let tensor = '';
  let external = false;
  let elements = 1;
  let dataType = 0;
  for (const field of file.fields(start, end)) {
    if (field.number === 1) for (const size of sizes(file, field)) elements *= size;
    else if (field.number === 2 && field.kind === 'varint') dataType = field.value;
    else if (field.number === 8 && field.kind === 'bytes') tensor = file.text(field.start, field.end);
    else if (field.number === 13 && field.kind === 'bytes') Object.assign(entries, readEntry(file, field));
    else if (field.number === 14 && field.kind === 'varint') external = field.value === 1;
  }
  if (!external) return null;
  const bits = ELEMENT_BITS[dataType];
  return {
    tensor,
    location: entries['location'] ?? '',
    offset: wholeNumber(entries['offset']) ?? 0,
    length: wholeNumber(entries['length']) ?? (bits === undefined ? null : Math.ceil((elements * bits) / 8)),
  };
}

/** A dimension list comes packed or one by one. */
function* sizes(file: ProtobufFile, field: Field): Generator<number> {
  if (field.kind === 'varint') yield field.value;
  if (field.kind !== 'bytes') return;
  for (let at = field.start; at < field.end;) {
    const { value, next } = file.varint(at, field.end);
    yield value;
    at = next;
  }
}

function readEntry(file: ProtobufFile, entry: { start: number; end: number }): Record<string, string> {
  let key = '';
  let value = '';
  for (const field of file.fields(entry.start, entry.end)) {
    if (field.kind !== 'bytes') continue;
    if (field.number === 1) key = file.text(field.start, field.end);
    if (field.number === 2) value = file.text(field.start, field.end);
  }
  return { [key]: value };
}

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}

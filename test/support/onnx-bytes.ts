/** Writes small ONNX files by hand: just enough of protobuf for a graph with tensors, inside and outside the file. */
export type Entry = [number: number, value: number | string | Buffer | Entry[]];

/** A protobuf message: numbers become varints, the rest length-delimited fields. */
export function message(...entries: Entry[]): Buffer {
  return Buffer.concat(
    entries.map(([number, value]) => {
      if (typeof value === 'number') return Buffer.concat([varint(number * 8), varint(value)]);
      const bytes = Array.isArray(value) ? message(...value) : Buffer.from(value as string);
      return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
    }),
  );
}

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

export interface OutsideTensor {
  name: string;
  location: string;
  offset?: number | string;
  length?: number | string;
  dims?: number[];
  dataType?: number;
}

const FLOAT = 1;

/** TensorProto whose bytes lie in another file. */
export function outsideTensor({ name, location, offset, length, dims = [4], dataType = FLOAT }: OutsideTensor): Buffer {
  const data: [string, string | number | undefined][] = [
    ['location', location],
    ['offset', offset],
    ['length', length],
  ];
  return message(
    ...dims.map((size): Entry => [1, size]),
    [2, dataType],
    [8, name],
    ...data
      .filter(([, value]) => value !== undefined)
      .map(([key, value]): Entry => [13, message([1, key], [2, String(value)])]),
    [14, 1],
  );
}

/** TensorProto with its bytes inside. */
export function insideTensor(name: string, bytes: Buffer): Buffer {
  return message([1, bytes.length / 4], [2, FLOAT], [8, name], [9, bytes]);
}

/** ModelProto with these initializers, and further fields of its graph. */
export function onnxModel(initializers: Buffer[], graph: Entry[] = []): Buffer {
  const fields = [...initializers.map((tensor): Entry => [5, tensor]), [2, 'g'] as Entry, ...graph];
  return message([1, 8], [2, 'test'], [7, message(...fields)], [8, message([1, ''], [2, 17])]);
}

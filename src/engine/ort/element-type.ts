/**
 * Element types of tensors: ONNX's numbers, our names, bytes per element. It knows no runtime.
 *
 * The numbers are those of `ONNXTensorElementDataType` in ONNX Runtime's C header, equal to `TensorProto.DataType`.
 */

const CODES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const;

export type ElementType = keyof typeof CODES;

const BYTES: Readonly<Record<Exclude<ElementType, 'string'>, number>> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
  float64: 8,
  uint32: 4,
  uint64: 8,
  bfloat16: 2,
};

const NAMES = new Map<number, ElementType>(
  Object.entries(CODES).map(([name, code]): [number, ElementType] => [code, name as ElementType]),
);

export function elementTypeCode(type: ElementType): number {
  return CODES[type];
}

/** @returns null for a type this service has no use for (packed 4-bit, float8, complex …) */
export function elementTypeName(code: number): ElementType | null {
  return NAMES.get(code) ?? null;
}

/** Bytes of one element; strings have no fixed size and are refused. */
export function elementBytes(type: ElementType): number {
  if (type === 'string') throw new TypeError('string tensors have no fixed element size');
  return BYTES[type];
}

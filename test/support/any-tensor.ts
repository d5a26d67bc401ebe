/** Tensors of any dtype, of rank 0 to 5, with empty axes among them: what property tests send around. */
import fc from 'fast-check';
import type { Dtype, TensorValue } from '../../src/inference/prediction-model.js';
import { elementCount, ELEMENTS } from '../../src/predict/elements.js';

export const DTYPES = Object.keys(ELEMENTS) as Dtype[];

/** Values of a dtype as a typed array holds them. */
const VALUES: Record<Dtype, fc.Arbitrary<number | bigint | string>> = {
  float16: fc.integer({ min: 0, max: 0xffff }).filter((bits) => (bits & 0x7c00) !== 0x7c00 || (bits & 0x3ff) === 0),
  float32: fc.float(),
  float64: fc.double(),
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -32768, max: 32767 }),
  int32: fc.integer(),
  int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  uint8: fc.integer({ min: 0, max: 255 }),
  uint16: fc.integer({ min: 0, max: 65535 }),
  uint32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  uint64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  bool: fc.integer({ min: 0, max: 1 }),
  string: fc.string({ unit: 'binary' }),
};

export function anyTensor(dtype: Dtype): fc.Arbitrary<TensorValue> {
  const shapes = fc.array(fc.nat({ max: 4 }), { maxLength: 5 });
  return shapes.chain((shape) => {
    const count = elementCount(shape);
    return fc.array(VALUES[dtype], { minLength: count, maxLength: count }).map((values) => {
      const data = ELEMENTS[dtype].create(count);
      for (const [index, value] of values.entries()) (data as unknown[])[index] = value;
      return { kind: 'tensor' as const, dtype, shape, data };
    });
  });
}

/**
 * A body that is nothing but one tensor's bytes: for models with one input whose shape the bytes decide. At most one axis
 * besides the batch may be free; a string is the whole body, without a length before it.
 */
import { isUtf8 } from 'node:buffer';
import { AppError } from '../../common/errors/app-error.js';
import type { NamedValue, ValueSignature } from '../../inference/prediction-model.js';
import { inputNames } from '../check-inputs.js';
import { elementCount } from '../elements.js';
import type { Pace } from '../pace.js';
import { shapeText } from '../tensor-json.js';
import { elementBytes, tensorFromBytes } from './binary-tensor.js';

/** @throws AppError `invalid_value` */
export async function rawInput(
  bytes: Uint8Array,
  signature: readonly ValueSignature[],
  pace: Pace,
): Promise<NamedValue> {
  const [input, ...others] = signature.filter(({ optional }) => !optional);
  if (input === undefined || others.length > 0 || input.dtype === null) {
    throw new AppError(
      'invalid_value',
      `A body without JSON is for models with one input; this model takes ${inputNames(signature)}.`,
    );
  }
  const param = `inputs.${input.name}`;
  const size = elementBytes(input.dtype);
  if (size === null) {
    if (!isUtf8(bytes)) throw new AppError('invalid_value', `${param}: expected UTF-8.`, { param });
    const data = [Buffer.from(bytes).toString('utf8')];
    return {
      name: input.name,
      value: { kind: 'tensor', dtype: 'string', shape: (input.shape ?? []).map(() => 1), data },
    };
  }
  const shape = shapeFor(Math.floor(bytes.length / size), input, param);
  return { name: input.name, value: await tensorFromBytes(bytes, input.dtype, shape, param, pace) };
}

/** The batch is 1 where another axis is free too. */
function shapeFor(elements: number, { shape }: ValueSignature, param: string): number[] {
  const declared = shape ?? [null];
  const free = declared.filter((axis) => typeof axis !== 'number').length;
  const batchIsOne = free === 2 && typeof declared[0] !== 'number';
  if (free > 1 && !batchIsOne) {
    throw new AppError('invalid_value', `${param}: the shape ${shapeText(declared)} cannot be told from bytes.`, {
      param,
    });
  }
  const known = elementCount(declared.filter((axis) => typeof axis === 'number'));
  const rest = known === 0 ? 0 : Math.floor(elements / known);
  return declared.map((axis, index) => (typeof axis === 'number' ? axis : batchIsOne && index === 0 ? 1 : rest));
}

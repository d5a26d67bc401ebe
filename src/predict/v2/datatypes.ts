/** The protocol's names for element types, and what each takes in binary. */
import type { Dtype, ValueSignature } from '../../inference/prediction-model.js';

export type Datatype = (typeof DATATYPES)[Dtype];

export const DATATYPES = {
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  bool: 'BOOL',
  string: 'BYTES',
} as const satisfies Record<Dtype, string>;

const DTYPES = Object.fromEntries(Object.entries(DATATYPES).map(([dtype, name]) => [name, dtype])) as Record<
  Datatype,
  Dtype
>;

export const DATATYPE_NAMES = Object.values(DATATYPES) as [Datatype, ...Datatype[]];

export function dtypeOf(datatype: Datatype): Dtype {
  return DTYPES[datatype];
}

/** Lists and maps have no name in the protocol: they travel as JSON texts. */
export function datatypeOf({ dtype }: ValueSignature): Datatype {
  return dtype === null ? 'BYTES' : DATATYPES[dtype];
}

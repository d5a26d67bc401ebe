/**
 * Rows with named columns → inputs: one column per input, or all columns side by side for a single input of features.
 *
 * Where a table comes from, records or CSV, is its `cell` function's affair.
 */
import { AppError } from '../common/errors/app-error.js';
import { describeValue } from '../common/http/validation-words.js';
import type { Dtype, NamedValue, ValueSignature } from '../inference/prediction-model.js';
import { inputNames } from './check-inputs.js';
import type { Pace } from './pace.js';
import { tensorFromJson } from './tensor-json.js';

export interface Table {
  columns: string[];
  rows: number;
  /** A cell as the JSON value that an element of this dtype would be. */
  cell(row: number, column: number, dtype: Dtype): unknown;
}

/** How a caller or a model's metadata orders the features of a single input; null: as the table has them. */
export interface FeatureOrder {
  names: string[];
  /** As an error calls it. */
  source: string;
}

/** Cells put in place between two looks at the clock. */
const STRIDE = 4096;

/** @throws AppError `invalid_value` with the column and what was expected */
export async function tableInputs(
  table: Table,
  signature: readonly ValueSignature[],
  order: FeatureOrder | null,
  param: string,
  pace: Pace,
): Promise<NamedValue[]> {
  const features = featureInput(table, signature);
  if (features !== null) return [await featureTensor(table, features, order, param, pace)];
  const declared = new Map(signature.map((input) => [input.name, input]));
  const values: NamedValue[] = [];
  for (const [column, name] of table.columns.entries()) {
    const input = declared.get(name);
    if (!input)
      throw fault(param, `there is no input ${describeValue(name)}; this model takes ${inputNames(signature)}`);
    if (input.dtype === null || !input.type.startsWith('tensor')) {
      throw fault(param, `the input "${name}" of type ${input.type} cannot be a column`);
    }
    values.push(await columnTensor(table, column, input, input.dtype, param, pace));
  }
  return values;
}

/** The one input that takes all columns as its second axis; null when the columns are inputs themselves. */
function featureInput(table: Table, signature: readonly ValueSignature[]): ValueSignature | null {
  const required = signature.filter((input) => !input.optional);
  const single = required.length === 1 ? required[0] : null;
  if (single === null || single.shape?.length !== 2 || single.dtype === null) return null;
  const names = new Set(signature.map(({ name }) => name));
  return table.columns.every((column) => names.has(column)) ? null : single;
}

async function featureTensor(
  table: Table,
  input: ValueSignature,
  order: FeatureOrder | null,
  param: string,
  pace: Pace,
): Promise<NamedValue> {
  const dtype = input.dtype!;
  const columns = order === null ? table.columns.map((_name, index) => index) : orderedColumns(table, order, param);
  const cells: unknown[] = [];
  for (let row = 0; row < table.rows; row++) {
    for (const column of columns) cells.push(table.cell(row, column, dtype));
    if (cells.length % STRIDE < columns.length && pace.isDue) await pace.rest();
  }
  const target = { dtype, declared: input.shape, shape: [table.rows, columns.length], param };
  return { name: input.name, value: await tensorFromJson(cells, target, pace) };
}

function orderedColumns({ columns }: Table, { names, source }: FeatureOrder, param: string): number[] {
  const places = new Map(columns.map((name, index) => [name, index]));
  const missing = names.find((name) => !places.has(name));
  if (missing !== undefined) throw fault(param, `the column ${describeValue(missing)} of ${source} is missing`);
  const known = new Set(names);
  const unknown = columns.find((name) => !known.has(name));
  if (unknown !== undefined) throw fault(param, `the column ${describeValue(unknown)} is not one of ${source}`);
  return names.map((name) => places.get(name)!);
}

/** `[rows]`, or `[rows, 1]` and so on as the input's rank asks. */
async function columnTensor(
  table: Table,
  column: number,
  input: ValueSignature,
  dtype: Dtype,
  itemParam: string,
  pace: Pace,
): Promise<NamedValue> {
  const param = `${itemParam}.${input.name}`;
  const cells: unknown[] = [];
  for (let row = 0; row < table.rows; row++) {
    cells.push(table.cell(row, column, dtype));
    if (row % STRIDE === STRIDE - 1 && pace.isDue) await pace.rest();
  }
  // A cell that is an array brings its own axes.
  const rank = Array.isArray(cells[0]) ? null : Math.max(input.shape?.length ?? 1, 1);
  const shape = rank === null ? null : [table.rows, ...Array.from({ length: rank - 1 }, () => 1)];
  return { name: input.name, value: await tensorFromJson(cells, { dtype, declared: input.shape, shape, param }, pace) };
}

function fault(param: string, reason: string): AppError {
  return new AppError('invalid_value', `${param}: ${reason}.`, { param });
}

/** A list of objects as a table: the first record names the columns, and every other has exactly those. */
import { AppError } from '../common/errors/app-error.js';
import { describeValue } from '../common/http/validation-words.js';
import type { Table } from './table.js';
import { isObject } from './value-from-json.js';

type Row = Record<string, unknown>;

/** @throws AppError `invalid_value` that names the record and the column */
export function recordTable(records: readonly unknown[], param: string): Table {
  const first = records[0];
  const columns = isObject(first) ? Object.keys(first) : [];
  for (const [index, record] of records.entries()) {
    const place = `${param}[${index}]`;
    if (!isObject(record))
      throw fault(param, `${place}: expected an object, as the first is; got ${describeValue(record)}`);
    const missing = columns.find((name) => !Object.hasOwn(record, name));
    if (missing !== undefined)
      throw fault(param, `${place} has no ${describeValue(missing)}, which the first record has`);
    const keys = Object.keys(record);
    if (keys.length === columns.length) continue;
    const unknown = keys.find((name) => !columns.includes(name));
    throw fault(param, `${place} has ${describeValue(unknown)}, which the first record has not`);
  }
  return {
    columns,
    rows: records.length,
    cell(row, column, dtype) {
      const value = (records[row] as Row)[columns[column]];
      // A missing value: what data frames write for NaN.
      return value === null && dtype.startsWith('float') ? 'NaN' : value;
    },
  };
}

function fault(param: string, message: string): AppError {
  return new AppError('invalid_value', `${message}.`, { param });
}

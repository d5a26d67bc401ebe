/**
 * CSV text (RFC 4180, with a header) as a table, in turns. It does not know which column is which input: a cell becomes a
 * JSON value when its dtype is known.
 */
import { AppError } from '../common/errors/app-error.js';
import { describeValue } from '../common/http/validation-words.js';
import type { Dtype } from '../inference/prediction-model.js';
import type { Pace } from './pace.js';
import type { Table } from './table.js';

/** Cells between two looks at the clock. */
const STRIDE = 2048;
const MAX_CELLS = 10_000_000;

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const INTEGER = /^[+-]?\d+$/;
const INFINITY = /^([+-]?)inf(inity)?$/i;

/** @throws AppError `invalid_value` that names the line */
export async function csvTable(text: string, param: string, pace: Pace): Promise<Table> {
  const cells: string[] = [];
  let columns: string[] | null = null;
  let rowStart = 0;
  let line = 1;
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  const endRow = () => {
    const width = cells.length - rowStart;
    if (columns === null) columns = header(cells.splice(0), param);
    // An empty line is no row, unless a row is one cell that may be empty.
    else if (width === 1 && columns.length > 1 && cells[rowStart] === '') cells.length = rowStart;
    else if (width !== columns.length) {
      throw fault(param, `line ${line}: expected ${columns.length} cells, as the header has; got ${width}`);
    }
    rowStart = cells.length;
    line += 1;
  };
  while (at < text.length) {
    const { value, end } = text[at] === '"' ? quotedCell(text, at, line, param) : plainCell(text, at);
    cells.push(value);
    if (cells.length > MAX_CELLS) throw fault(param, `more than ${MAX_CELLS} cells`);
    at = end;
    if (text[at] === ',') {
      at += 1;
      if (at === text.length) cells.push('');
    } else if (at < text.length) {
      at += text[at] === '\r' && text[at + 1] === '\n' ? 2 : 1;
      endRow();
    }
    if (cells.length % STRIDE === 0 && pace.isDue) await pace.rest();
  }
  if (cells.length > rowStart) endRow();
  if (columns === null) throw fault(param, 'expected a header line; got nothing');
  return tableOf(columns, cells);
}

function tableOf(columns: string[], cells: string[]): Table {
  return {
    columns,
    rows: cells.length / columns.length,
    cell: (row, column, dtype) => cellValue(cells[row * columns.length + column], dtype),
  };
}

function header(columns: string[], param: string): string[] {
  const names = columns.map((name) => name.trim());
  const seen = new Set<string>();
  for (const name of names) {
    if (name === '') throw fault(param, 'line 1: a column has no name');
    if (seen.has(name)) throw fault(param, `line 1: the column ${describeValue(name)} comes twice`);
    seen.add(name);
  }
  return names;
}

function plainCell(text: string, start: number): { value: string; end: number } {
  let end = start;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === 0x2c || code === 0x0a || code === 0x0d) break;
  }
  return { value: text.slice(start, end), end };
}

function quotedCell(text: string, start: number, line: number, param: string): { value: string; end: number } {
  let end = start + 1;
  for (;;) {
    end = text.indexOf('"', end);
    if (end < 0) throw fault(param, `line ${line}: a quote is not closed`);
    if (text[end + 1] !== '"') break;
    end += 2;
  }
  const value = text.slice(start + 1, end).replaceAll('""', '"');
  const next = text[end + 1];
  if (next === undefined || next === ',' || next === '\n' || next === '\r') return { value, end: end + 1 };
  throw fault(param, `line ${line}: expected a comma after a quoted cell; got ${describeValue(next)}`);
}

/** What cannot be the dtype's stays text, for the element check to refuse by its place. */
function cellValue(cell: string, dtype: Dtype): unknown {
  if (dtype === 'string') return cell;
  const text = cell.trim();
  if (dtype === 'bool') {
    const word = text.toLowerCase();
    return word === 'true' || word === '1' ? true : word === 'false' || word === '0' ? false : cell;
  }
  if (dtype.startsWith('float')) {
    if (text === '' || text.toLowerCase() === 'nan') return 'NaN';
    const [infinity, sign] = INFINITY.exec(text) ?? [];
    if (infinity !== undefined) return sign === '-' ? '-Infinity' : 'Infinity';
  }
  if (dtype.endsWith('int64') && INTEGER.test(text)) return text.replace('+', '');
  return NUMBER.test(text) ? Number(text) : cell;
}

function fault(param: string, reason: string): AppError {
  return new AppError('invalid_value', `${param}: ${reason}.`, { param });
}

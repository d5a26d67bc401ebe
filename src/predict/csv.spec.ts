import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AppError } from '../common/errors/app-error.js';
import type { Dtype } from '../inference/prediction-model.js';
import { csvTable } from './csv.js';
import { Pace } from './pace.js';

const read = (text: string) => csvTable(text, 'items.0.data', new Pace());

async function cells(text: string, dtype: Dtype = 'string'): Promise<unknown[][]> {
  const table = await read(text);
  return Array.from({ length: table.rows }, (_, row) =>
    table.columns.map((_name, column) => table.cell(row, column, dtype)),
  );
}

const quoted = (cell: string) => (/[",\r\n]/.test(cell) || cell === '' ? `"${cell.replaceAll('"', '""')}"` : cell);

describe('csvTable', () => {
  it('reads back what a writer of RFC 4180 wrote', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'é', '1') });
    const table = fc
      .integer({ min: 1, max: 4 })
      .chain((width) =>
        fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 5 }),
      );
    await fc.assert(
      fc.asyncProperty(table, fc.constantFrom('\n', '\r\n'), fc.boolean(), async (rows, newline, lastNewline) => {
        const header = rows[0].map((_cell, index) => `c${index}`);
        const text =
          [header, ...rows].map((row) => row.map(quoted).join(',')).join(newline) + (lastNewline ? newline : '');
        expect(await cells(text)).toEqual(rows);
      }),
      { numRuns: 1000 },
    );
  });

  it('reads cells as their dtype has them', async () => {
    expect(await cells('a\n1.5\n\n nan \n-inf\n+Infinity\n1e3\n.5\nx', 'float32')).toEqual(
      [1.5, 'NaN', 'NaN', '-Infinity', 'Infinity', 1000, 0.5, 'x'].map((value) => [value]),
    );
    expect(await cells('a\n+9007199254740993\n-1\n1.5', 'int64')).toEqual([['9007199254740993'], ['-1'], [1.5]]);
    expect(await cells('a\n1\n07\n0x10\n', 'int32')).toEqual([[1], [7], ['0x10']]);
    expect(await cells('a\nTrue\n0\nyes', 'bool')).toEqual([[true], [false], ['yes']]);
    expect(await cells('a\n 1 ', 'string')).toEqual([[' 1 ']]);
  });

  it('passes over a byte order mark and empty lines', async () => {
    expect((await read('\uFEFFa,b\r\n\r\n1,2\r\n\r\n')).rows).toBe(1);
    expect((await read('a,b')).rows).toBe(0);
  });

  it.each([
    ['', 'expected a header line; got nothing'],
    ['a,,b\n1,2,3', 'line 1: a column has no name'],
    ['a,b,a\n1,2,3', 'line 1: the column "a" comes twice'],
    ['a,b\n1,2\n1', 'line 3: expected 2 cells, as the header has; got 1'],
    ['a,b\n1,2,3', 'line 2: expected 2 cells, as the header has; got 3'],
    ['a\n"x', 'line 2: a quote is not closed'],
    ['a\n"x"y', 'line 2: expected a comma after a quoted cell; got "y"'],
  ])('says what is wrong with %j', async (text, reason) => {
    const error = await read(text).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'invalid_value',
      message: `items.0.data: ${reason}.`,
    } satisfies Partial<AppError>);
  });
});

import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { boundedArray, boundedRecord } from './bounded-array.js';

let parsed = 0;
const counted = z.number().superRefine(() => {
  parsed += 1;
});
const list = boundedArray(counted, { min: 1, max: 1000 });
const record = boundedRecord(z.string().regex(/^\d+$/), counted, 1000);

function issuesOf(schema: z.ZodType, value: unknown): z.core.$ZodIssue[] {
  parsed = 0;
  const result = schema.safeParse(value);
  return result.success ? [] : result.error.issues;
}

const many = <T>(length: number, value: T): T[] => Array.from({ length }, () => value);

describe.each([1, 15, 16, 1000])('%i good elements', (length) => {
  it('pass as they are', () => {
    expect(list.parse(many(length, 5))).toEqual(many(length, 5));
    const entries = Object.fromEntries(many(length, 5).map((value, index) => [index, value]));
    expect(record.parse(entries)).toEqual(entries);
  });
});

describe('a bounded array', () => {
  it('looks at no element when there are too many of them, or none', () => {
    expect(issuesOf(list, many(1001, 'x'))).toMatchObject([{ code: 'too_big', maximum: 1000, path: [] }]);
    expect(issuesOf(list, [])).toMatchObject([{ code: 'too_small' }]);
    expect(parsed).toBe(0);
  });

  it('finds each of a few faults, at its place', () => {
    const value: unknown[] = many(100, 1);
    value[3] = 'x';
    value[99] = null;
    expect(issuesOf(list, value).map((issue) => issue.path)).toEqual([[3], [99]]);
    expect(issuesOf(list, 'x')).toMatchObject([{ code: 'invalid_type', expected: 'array' }]);
  });

  it('stops at twenty faulty elements', () => {
    const issues = issuesOf(list, [...many(500, 'x'), ...many(500, 1)]);
    expect(issues).toHaveLength(20);
    expect(issues.at(-1)!.path).toEqual([19]);
    expect(parsed).toBe(0);
  });
});

describe('a bounded record', () => {
  it('judges its size, its keys and its values', () => {
    expect(issuesOf(record, Object.fromEntries(many(1001, 1).map((value, index) => [index, value])))).toMatchObject([
      { code: 'custom', message: 'expected at most 1000 entries; got 1001' },
    ]);
    expect(issuesOf(record, { 1: 'x', y: 2 }).map((issue) => [issue.code, issue.path])).toEqual([
      ['invalid_type', ['1']],
      ['invalid_key', ['y']],
    ]);
    expect(issuesOf(record, [])).toMatchObject([{ code: 'invalid_type' }]);
  });

  it('stops at twenty faulty entries', () => {
    const issues = issuesOf(record, Object.fromEntries(many(500, 1).map((value, index) => [`k${index}`, value])));
    expect(issues).toHaveLength(20);
    expect(issues[19].path).toEqual(['k19']);
  });
});

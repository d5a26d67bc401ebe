import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { honoured, noOp, refused, supportTable } from './field-support.js';

const schema = z.object({
  plain: z.string().optional(),
  used: honoured(z.number(), 'A.'),
  idle: noOp(z.string(), 'B.'),
  count: refused(z.int().min(1), [1], 'C.'),
  never: refused(z.string(), [], 'D.'),
  shape: refused(z.looseObject({ type: z.string() }), [{ type: 'text' }], 'E.'),
  inner: honoured(z.object({ deep: noOp(z.boolean(), 'F.') }), 'G.'),
});

const codes = (body: unknown) =>
  schema.safeParse(body).error?.issues.map((issue) => (issue.code === 'custom' ? issue.params?.code : issue.code));

describe('a refused field', () => {
  it('passes when it asks for nothing', () => {
    expect(schema.parse({ count: 1, never: null, shape: { type: 'text' } })).toBeTruthy();
    expect(schema.parse({ count: null })).toBeTruthy();
  });

  it('is unsupported with any other value, and faulty with a wrong one', () => {
    expect(codes({ count: 2 })).toEqual(['unsupported_parameter']);
    expect(codes({ never: '' })).toEqual(['unsupported_parameter']);
    expect(codes({ shape: { type: 'text', strict: true } })).toEqual(['unsupported_parameter']);
    expect(codes({ count: 0 })).toContain('too_small');
    expect(codes({ count: 'x' })).toEqual(['invalid_type']);
  });

  it('says what is supported', () => {
    const words = (body: unknown) => schema.safeParse(body).error!.issues[0].message;
    expect(words({ count: 2 })).toBe('not supported here; only 1 is');
    expect(words({ never: 'x' })).toBe('not supported here; leave it out');
  });
});

describe('supportTable', () => {
  it('reads the marks from the schema, nested ones dotted', () => {
    expect(Object.fromEntries(supportTable(schema))).toEqual({
      used: 'honoured',
      idle: 'no_op',
      count: 'refused',
      never: 'refused',
      shape: 'refused',
      inner: 'honoured',
      'inner.deep': 'no_op',
    });
  });
});

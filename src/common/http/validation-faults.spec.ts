import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { faultsOf, paramOf, validationError, type Fault } from './validation-faults.js';

const Part = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('number'), value: z.number() }),
]);
const schema = z.object({
  name: z.string().min(2).max(4),
  count: z.int().min(1).max(9).optional(),
  ratio: z.number().gt(0).lt(1).optional(),
  size: z.enum(['s', 'm']).optional(),
  one: z.literal(1).optional(),
  content: z.union([z.string(), z.array(Part).min(1).max(2)]).optional(),
  bias: z.record(z.string().regex(/^\d+$/, 'is not a number'), z.number()).optional(),
  strict: z.strictObject({ known: z.string() }).optional(),
  custom: z
    .string()
    .superRefine((_value, context) => {
      context.addIssue({ code: 'custom', message: 'no', params: { code: 'unsupported_parameter' } });
    })
    .optional(),
});

function faults(body: unknown): Fault[] {
  const result = schema.safeParse(body);
  return result.success ? [] : faultsOf(result.error.issues, body);
}

function fault(body: Record<string, unknown>): Fault {
  const found = faults({ name: 'abc', ...body });
  expect(found).toHaveLength(1);
  return found[0];
}

describe('a fault', () => {
  it.each<[body: Record<string, unknown>, code: string, param: string, message: string]>([
    [{ name: undefined }, 'missing_required_parameter', 'name', 'name is required.'],
    [{ name: 7 }, 'invalid_type', 'name', 'name: expected a string; got 7.'],
    [{ name: null }, 'invalid_type', 'name', 'name: expected a string; got null.'],
    [{ name: 'a' }, 'invalid_value', 'name', 'name: expected a string of at least 2 characters; got "a".'],
    [{ name: 'abcde' }, 'invalid_value', 'name', 'name: expected a string of at most 4 characters; got "abcde".'],
    [{ count: 1.5 }, 'invalid_type', 'count', 'count: expected an integer; got 1.5.'],
    [{ count: 0 }, 'invalid_value', 'count', 'count: expected at least 1; got 0.'],
    [{ count: Infinity }, 'invalid_value', 'count', 'count: expected a number; got Infinity.'],
    [{ ratio: 0 }, 'invalid_value', 'ratio', 'ratio: expected more than 0; got 0.'],
    [{ ratio: 1 }, 'invalid_value', 'ratio', 'ratio: expected less than 1; got 1.'],
    [{ size: 'xl' }, 'invalid_value', 'size', 'size: expected one of "s", "m"; got "xl".'],
    [{ size: 3 }, 'invalid_type', 'size', 'size: expected one of "s", "m"; got 3.'],
    [{ one: 2 }, 'invalid_value', 'one', 'one: expected 1; got 2.'],
    [{ content: 5 }, 'invalid_type', 'content', 'content: expected a string or an array; got 5.'],
    [
      { content: [] },
      'invalid_value',
      'content',
      'content: expected an array of at least 1 elements; got an array of 0.',
    ],
    [{ content: [{ type: 'text' }] }, 'missing_required_parameter', 'content.0.text', 'content.0.text is required.'],
    [{ content: [{}] }, 'missing_required_parameter', 'content.0.type', 'content.0.type is required.'],
    [
      { content: [{ type: 'image' }] },
      'invalid_value',
      'content.0.type',
      'content.0.type: expected one of "text", "number"; got "image".',
    ],
    [{ content: ['x'] }, 'invalid_type', 'content.0', 'content.0: expected an object; got "x".'],
    [{ bias: { x: 1 } }, 'invalid_value', 'bias.x', 'bias.x: the key is not a number.'],
    [{ bias: { 1: 'y' } }, 'invalid_type', 'bias.1', 'bias.1: expected a number; got "y".'],
    [{ strict: { known: 'x', z: 1 } }, 'unsupported_parameter', 'strict.z', 'strict.z is not a known parameter.'],
    [{ custom: 'x' }, 'unsupported_parameter', 'custom', 'custom: no.'],
  ])('of %j', (body, code, param, message) => {
    expect(fault(body)).toEqual({ code, param, message });
  });

  it('of the body itself has no param', () => {
    expect(faults([])).toEqual([
      { code: 'invalid_type', param: null, message: 'The body: expected an object; got an array of 0.' },
    ]);
    expect(faults(undefined)).toEqual([
      { code: 'missing_required_parameter', param: null, message: 'A JSON body is required.' },
    ]);
  });

  it('shows long and multi-line input as one short line', () => {
    const { message } = fault({ size: `${'x'.repeat(39)}\n${'y'.repeat(1000)}` });
    expect(message).toBe(`size: expected one of "s", "m"; got "${'x'.repeat(39)}\\n"….`);
  });
});

describe('several faults', () => {
  it('are all found, in the schema’s order, and told in one error', () => {
    const error = validationError(faults({ count: 'x', content: [{ type: 'text' }, 3] }));
    expect([error.code, error.param]).toEqual(['missing_required_parameter', 'name']);
    expect(error.message).toBe(
      'name is required. count: expected a number; got "x". content.0.text is required. ' +
        'content.1: expected an object; got 3.',
    );
  });

  it('are told up to a bound', () => {
    const bias = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`k${index}`, 1]));
    const { message } = validationError(faults({ name: 'abc', bias }));
    expect(message).toMatch(/And 480 more\.$/);
    expect(message.length).toBeLessThan(2000);
  });
});

describe('paramOf', () => {
  it('bounds what a caller can put into a name', () => {
    expect(paramOf([])).toBeNull();
    expect(paramOf(['messages', 0, 'content'])).toBe('messages.0.content');
    expect(paramOf(['x'.repeat(1000)])).toHaveLength(64);
    expect(paramOf(Array.from({ length: 64 }, () => 'abcdefgh'))).toHaveLength(256);
  });
});

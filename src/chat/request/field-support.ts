/**
 * What becomes of a request field: honoured, accepted without effect, or refused. Said once, in the schema; the
 * validator, the OpenAPI document and the capability table of `/v1/model` all read it from there.
 *
 * `null` means "not given" in every field, because client libraries send it for unset options.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

export type Support = 'honoured' | 'no_op' | 'refused';

/** Key of the mark in a schema's metadata; it shows in the OpenAPI document. */
export const SUPPORT_KEY = 'x-support';

export function honoured<Schema extends z.ZodType>(schema: Schema, description: string) {
  return schema.nullish().meta({ description, [SUPPORT_KEY]: 'honoured' });
}

/** Accepted, has no effect here, and is named in the reply header `x-ignored-parameters`. */
export function noOp<Schema extends z.ZodType>(schema: Schema, description: string) {
  return schema.nullish().meta({ description: `${description} Accepted without effect.`, [SUPPORT_KEY]: 'no_op' });
}

/**
 * Refused by name with `unsupported_parameter`, but for the values that ask for nothing.
 * @param off those values; none: only null, or leaving the field out
 */
export function refused<Schema extends z.ZodType>(schema: Schema, off: readonly unknown[], description: string) {
  const only = off.length === 0 ? 'leave it out' : `only ${off.map((value) => JSON.stringify(value)).join(' or ')} is`;
  const message = `not supported here; ${only}`;
  const checked = schema
    .superRefine((value, context) => {
      if (off.some((allowed) => isDeepStrictEqual(allowed, value))) return;
      context.addIssue({ code: 'custom', message, params: { code: 'unsupported_parameter' } });
    })
    .meta(off.length === 0 ? { not: {} } : { enum: [...off] });
  return checked
    .nullish()
    .meta({ description: `${description} Not supported yet: ${only}.`, [SUPPORT_KEY]: 'refused' });
}

/** Field path → support, for every marked field of a schema and of the objects inside it. */
export function supportTable(schema: z.ZodObject, prefix = ''): Map<string, Support> {
  const table = new Map<string, Support>();
  for (const [name, field] of Object.entries(schema.shape)) {
    const support = field.meta()?.[SUPPORT_KEY] as Support | undefined;
    if (support) table.set(`${prefix}${name}`, support);
    const inner = unwrapped(field);
    if (inner instanceof z.ZodObject) {
      for (const [path, value] of supportTable(inner, `${prefix}${name}.`)) table.set(path, value);
    }
  }
  return table;
}

function unwrapped(schema: z.ZodType): z.ZodType {
  let inner: z.core.$ZodType = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodNullable) inner = inner.unwrap();
  return inner as z.ZodType;
}

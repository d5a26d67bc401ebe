/**
 * A zod schema as the schemas of an OpenAPI 3.1 document: JSON Schema 2020-12, named parts under `components`.
 *
 * It does not know any route.
 */
import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;

export interface ConvertedSchema {
  schema: JsonSchema;
  components: Record<string, JsonSchema>;
}

/** @returns undefined for what is not a zod schema */
export function convertSchema(schema: unknown, io: 'input' | 'output'): ConvertedSchema | undefined {
  if (!(schema instanceof z.ZodType)) return undefined;
  return splitDefinitions(z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' }));
}

/** Takes the definitions out of a self-contained schema and points its references at the document's components. */
export function splitDefinitions(whole: JsonSchema): ConvertedSchema {
  const { $defs = {}, $schema: _dialect, ...schema } = whole;
  const components = Object.entries($defs as Record<string, JsonSchema>);
  return {
    schema: relocated(schema) as JsonSchema,
    components: Object.fromEntries(
      components.map(([name, value]) => [name, relocated(withoutId(value)) as JsonSchema]),
    ),
  };
}

/** zod repeats the name inside the definition, where `$id` would change how references resolve. */
function withoutId({ id: _id, $id: _uri, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

function relocated(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relocated);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key === '$ref' && typeof inner === 'string'
        ? [key, inner.replace('#/$defs/', '#/components/schemas/')]
        : [key, relocated(inner)],
    ),
  );
}

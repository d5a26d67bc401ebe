/**
 * A route's zod schema put to work: shape limits first, then the schema; what comes back is the schema's own output.
 *
 * Use: `@Body({ schema: ChatCompletionRequest, pipes: [ValidationPipe] })`. The same schema documents the route.
 */
import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { z } from 'zod';
import { AppError } from '../errors/app-error.js';
import { jsonExcess, type JsonExcess, type JsonLimits } from './json-depth.js';
import { faultsOf, paramOf, validationError } from './validation-faults.js';

/** Far above what an honest body needs; low enough that a hostile one is refused within milliseconds. */
const LIMITS: JsonLimits = { maxDepth: 64, maxNodes: 20_000 };

@Injectable()
export class ValidationPipe implements PipeTransform<unknown> {
  transform(value: unknown, metadata: ArgumentMetadata): unknown {
    if (!(metadata.schema instanceof z.ZodType)) return value;
    refuseExcess(value);
    const result = metadata.schema.safeParse(value);
    if (result.success) return result.data;
    // A query parameter is one field; a body is all of them.
    const field = metadata.data;
    if (field === undefined) throw validationError(faultsOf(result.error.issues, value));
    const issues = result.error.issues.map((issue) => ({ ...issue, path: [field, ...issue.path] }));
    throw validationError(faultsOf(issues, { [field]: value }));
  }
}

const EXCESS_WORDS: Record<JsonExcess['kind'], string> = {
  depth: `nested deeper than ${LIMITS.maxDepth} levels`,
  nodes: `more than ${LIMITS.maxNodes} values`,
  prototype: 'the key "__proto__" is not allowed',
};

function refuseExcess(value: unknown): void {
  const excess = jsonExcess(value, LIMITS);
  if (excess === null) return;
  const param = excess.below === null ? null : paramOf([excess.below]);
  const message = `${param ?? 'The body'}: ${EXCESS_WORDS[excess.kind]}.`;
  throw new AppError('invalid_value', message, param === null ? {} : { param });
}

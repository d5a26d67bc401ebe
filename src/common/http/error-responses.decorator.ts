/** Documents the errors a route may answer: one schema, the codes of each status read from the error table. */
import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';
import type { ErrorCode } from '../errors/app-error.js';
import { ERROR_TABLE } from '../errors/error-table.js';

export const ErrorResponse = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.enum(['invalid_request_error', 'permission_error', 'rate_limit_error', 'timeout_error', 'server_error']),
      param: z.string().nullable().describe('Dotted path of the field at fault.'),
      code: z.string(),
    }),
  })
  .meta({ id: 'ErrorResponse' });

/** What authentication and the server itself may answer on any route. */
const EVERYWHERE: ErrorCode[] = [
  'missing_credentials',
  'ambiguous_auth',
  'invalid_api_key',
  'invalid_token',
  'insufficient_permissions',
  'rbac_check_unavailable',
  'token_validation_unavailable',
  'key_store_unavailable',
  'auth_rate_limited',
  'internal_error',
];

/** For rooms that word their errors otherwise. */
export function errorResponsesAs(schemaOf: (status: number) => z.ZodType) {
  return (...codes: ErrorCode[]): MethodDecorator & ClassDecorator => {
    const byStatus = new Map<number, ErrorCode[]>();
    for (const code of [...codes, ...EVERYWHERE]) {
      const { status } = ERROR_TABLE[code];
      byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
    }
    return applyDecorators(
      ...[...byStatus].map(([status, codesOfStatus]) =>
        ApiResponse({ status, standardSchema: schemaOf(status), description: codesOfStatus.join(', ') }),
      ),
    );
  };
}

export const ErrorResponses = errorResponsesAs(() => ErrorResponse);

/**
 * Paths whose routes read their bodies themselves, because they are larger or are no JSON: the parser of all other routes
 * leaves them alone.
 */
import type { IncomingMessage } from 'node:http';
import type { Request } from 'express';

/** The router takes any case, and what follows is a route of the same room or none. */
const OWN_BODY = /^\/(v1\/predict|v2)(?=[/?]|$)/i;

/** For the shared JSON parser's `type` option. */
export function isSharedJsonBody(request: IncomingMessage): boolean {
  if (OWN_BODY.test(request.url ?? '')) return false;
  return Boolean((request as Request).is('application/json'));
}

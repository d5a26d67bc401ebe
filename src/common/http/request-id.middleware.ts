/** Gives every request an id before anything else: the caller's own when it is short and plain, else a new one. */
import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';

const PLAIN = /^[\w.:-]{1,128}$/;

export function requestId(request: Request, response: Response, next: NextFunction): void {
  const given = request.headers['x-request-id'];
  request.id = typeof given === 'string' && PLAIN.test(given) ? given : randomUUID();
  response.setHeader('x-request-id', request.id);
  next();
}

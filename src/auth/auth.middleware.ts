/**
 * The first lock: decides before the body is read, for every path, also those that no route answers; and answers itself.
 */
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { AppError } from '../common/errors/app-error.js';
import { errorHeaders, errorStatus } from '../common/errors/error-body.js';
import { errorBodyAt } from '../common/errors/error-dialect.js';
import { AuthGate } from './auth-gate.js';

@Injectable()
export class AuthMiddleware {
  private readonly log = new Logger('Auth');
  /** Requests whose client waits for our word before it sends the body. */
  private readonly waiting = new WeakSet<IncomingMessage>();

  constructor(@Inject(AuthGate) private readonly gate: AuthGate) {}

  readonly handle = async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    try {
      await this.gate.admit(request);
    } catch (error) {
      answer(request, response, this.known(error));
      return;
    }
    // The client may have left while a key was fetched.
    if (response.destroyed) return;
    response.setHeader('vary', 'authorization, api-key, x-api-key');
    if (this.waiting.delete(request)) response.writeContinue();
    next();
  };

  /** Without a listener Node says `100 Continue` to everybody, and the body comes before the refusal. */
  holdContinue(server: Server): void {
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      this.waiting.add(request);
      server.emit('request', request, response);
    });
  }

  private known(error: unknown): AppError {
    if (error instanceof AppError) return error;
    this.log.error(`The credentials could not be checked: ${error instanceof Error ? error.stack : String(error)}`);
    return new AppError('internal_error', 'The credentials could not be checked.');
  }
}

/** Whole and at once; the connection is closed when a body would have to be read first to reuse it. */
function answer(request: Request, response: Response, error: AppError): void {
  if (response.destroyed) return;
  const body = JSON.stringify(errorBodyAt(request.originalUrl, error));
  response.removeHeader('x-powered-by');
  response.writeHead(errorStatus(error), {
    ...errorHeaders(error),
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
    ...(isBodyPending(request) ? { connection: 'close' } : {}),
  });
  response.end(body);
}

function isBodyPending(request: Request): boolean {
  if (request.complete) return false;
  return 'transfer-encoding' in request.headers || Number(request.headers['content-length'] ?? 0) !== 0;
}

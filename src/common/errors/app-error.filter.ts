/**
 * Anything thrown while a request is served → status, headers and the error in the words of its path.
 *
 * It knows the errors of Nest and of the body parser, so that callers meet one shape only. What it does not know
 * becomes `internal_error`: logged whole, told without detail.
 */
import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AppError } from './app-error.js';
import { errorHeaders, errorStatus } from './error-body.js';
import { errorBodyAt } from './error-dialect.js';
import { parserError } from './parser-error.js';

/** Which methods the routes answer at a path; empty when there is no such path. */
export type AllowedMethods = (path: string) => string[];

@Catch()
export class AppErrorFilter implements ExceptionFilter {
  private readonly log = new Logger('Http');

  constructor(private readonly allowedMethods: AllowedMethods) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    // The client left: there is nobody to answer, and nothing went wrong here.
    if (request.socket.destroyed) return;
    const error = this.toAppError(thrown, request);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    // The body was not read: the connection cannot carry another request.
    if (error.code === 'request_too_large') response.setHeader('connection', 'close');
    response.status(errorStatus(error)).set(errorHeaders(error)).json(errorBodyAt(request.originalUrl, error));
  }

  private toAppError(thrown: unknown, request: Request): AppError {
    if (thrown instanceof AppError) return thrown;
    // Nest wraps the parser's errors in its own on their way here.
    const known =
      parserError(thrown instanceof HttpException ? thrown.cause : thrown) ?? this.nestError(thrown, request);
    if (known) return known;
    this.log.error(`${request.method} ${request.path} failed: ${describe(thrown)}`, { requestId: request.id });
    return new AppError('internal_error', `Something went wrong here. Request id: ${request.id ?? 'unknown'}.`);
  }

  private nestError(thrown: unknown, request: Request): AppError | null {
    if (!(thrown instanceof HttpException)) return null;
    const status = thrown.getStatus();
    if (status === 404) return this.notFound(request);
    if (status >= 500) return null;
    return new AppError('bad_request', thrown.message);
  }

  private notFound(request: Request): AppError {
    const methods = this.allowedMethods(request.path);
    if (methods.length === 0) return new AppError('not_found', `There is no ${request.path} here.`);
    const allow = methods.join(', ');
    return new AppError('method_not_allowed', `${request.path} answers ${allow}, not ${request.method}.`, {
      headers: { allow },
    });
  }
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}

/**
 * An `AbortSignal` for a handler's work: it fires when the client leaves before the answer is whole, and when the
 * request has taken REQUEST_TIMEOUT_MS.
 *
 * Use: `handler(@ClientGone() signal: AbortSignal)`. Its reason is what the work should throw: an `AppError`.
 */
import { createParamDecorator, Inject, Injectable, type ExecutionContext, type PipeTransform } from '@nestjs/common';
import type { Response } from 'express';
import { CONFIG, type Config } from '../config/config.js';
import { AppError } from '../errors/app-error.js';

@Injectable()
export class RequestSignalPipe implements PipeTransform<Response, AbortSignal> {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  transform(response: Response): AbortSignal {
    return requestSignal(response, this.config.REQUEST_TIMEOUT_MS);
  }
}

const ResponseOf = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  context.switchToHttp().getResponse<Response>(),
);

export const ClientGone = (): ParameterDecorator => ResponseOf(RequestSignalPipe);

/** The same for code outside a handler. The timer ends with the response. */
export function requestSignal(response: Response, timeoutMs: number): AbortSignal {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(deadlineExceeded(timeoutMs)), timeoutMs);
  const close = () => {
    clearTimeout(timer);
    if (!response.writableFinished) controller.abort(clientClosed());
  };
  if (response.closed) close();
  else response.once('close', close);
  return controller.signal;
}

function clientClosed(): AppError {
  return new AppError('client_closed_request', 'The client closed the connection.');
}

/** Official clients repeat a 408 by themselves; the same work would take as long again. */
function deadlineExceeded(timeoutMs: number): AppError {
  return new AppError('deadline_exceeded', `The request took longer than ${timeoutMs} ms.`, {
    headers: { 'x-should-retry': 'false' },
  });
}

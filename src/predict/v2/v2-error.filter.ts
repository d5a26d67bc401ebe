/** Errors as the protocol writes them: `{"error": "text"}`. */
import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AppError } from '../../common/errors/app-error.js';
import { errorHeaders, errorStatus } from '../../common/errors/error-body.js';

/** What is no `AppError` goes on to the filter of the whole service. */
@Catch(AppError)
export class V2ErrorFilter implements ExceptionFilter<AppError> {
  catch(error: AppError, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    // The client left: there is nobody to answer.
    if (request.socket.destroyed) return;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    // A body that was not read to its end leaves a connection that cannot carry another request.
    if (!request.complete) response.setHeader('connection', 'close');
    response.status(errorStatus(error)).set(errorHeaders(error)).json({ error: error.message });
  }
}

/** This room's errors: as everywhere, with `detail` beside them; a full queue in upstream's words. */
import { Catch, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { CONFIG, type Config } from '../common/config/config.js';
import { AppError } from '../common/errors/app-error.js';
import { errorHeaders, errorStatus } from '../common/errors/error-body.js';
import { AllItemsFailed, predictErrorBody, queueFullBody } from './predict-error.js';

/** What is no `AppError` goes on to the filter of the whole service. */
@Catch(AppError)
export class PredictErrorFilter implements ExceptionFilter<AppError> {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  catch(error: AppError, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    // The client left: there is nobody to answer.
    if (request.socket.destroyed) return;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    // The body was not read whole: the connection cannot carry another request.
    if (!request.complete) response.setHeader('connection', 'close');
    response.status(errorStatus(error)).set(errorHeaders(error)).json(this.body(error));
  }

  private body(error: AppError): object {
    if (error.code === 'queue_full') return queueFullBody(error, this.config.MAX_QUEUE);
    const body = predictErrorBody(error);
    if (!(error instanceof AllItemsFailed) || error.errors.length === 1) return body;
    return { ...body, items: error.errors.map(predictErrorBody) };
  }
}

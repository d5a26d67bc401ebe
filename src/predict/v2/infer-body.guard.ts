/**
 * Reads an inference request's whole body as bytes, up to PREDICT_MAX_BODY_BYTES, whatever its content type says: clients
 * of this protocol often send none. It leaves an `InferBody` in place of the body.
 */
import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { raw, type Request, type RequestHandler, type Response } from 'express';
import { CONFIG, type Config } from '../../common/config/config.js';
import { AppError } from '../../common/errors/app-error.js';
import { parserError } from '../../common/errors/parser-error.js';
import { JSON_LENGTH_HEADER, readJsonLength, type InferBody } from './infer-body.js';

const ACCEPTED = /^(application\/(json|octet-stream|vnd\.[\w.+-]+)|)\s*(;|$)/i;

@Injectable()
export class InferBodyGuard implements CanActivate {
  private readonly parser: RequestHandler;

  constructor(@Inject(CONFIG) config: Config) {
    this.parser = raw({ limit: config.PREDICT_MAX_BODY_BYTES, type: () => true });
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    const jsonLength = readJsonLength(request.headers[JSON_LENGTH_HEADER]);
    const contentType = request.headers['content-type'] ?? '';
    if (!ACCEPTED.test(contentType)) {
      throw new AppError(
        'unsupported_media_type',
        `Content-Type must be application/json or application/octet-stream; got ${contentType}.`,
      );
    }
    await this.read(request, http.getResponse<Response>());
    const bytes: unknown = request.body;
    request.body = { bytes: bytes instanceof Uint8Array ? bytes : new Uint8Array(), jsonLength } satisfies InferBody;
    return true;
  }

  private read(request: Request, response: Response): Promise<void> {
    return new Promise((resolve, reject) => {
      void this.parser(request, response, (error: unknown) => {
        if (error === undefined || error === null) resolve();
        else reject(parserError(error) ?? (error as Error));
      });
    });
  }
}

/**
 * Reads a request's whole body as bytes, up to PREDICT_MAX_BODY_BYTES: this room's bodies are larger than others', and its
 * JSON is read in turns instead of at once. It leaves `{mediaType, bytes}` in place of the body.
 */
import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { raw, type Request, type RequestHandler, type Response } from 'express';
import { CONFIG, type Config } from '../common/config/config.js';
import { AppError } from '../common/errors/app-error.js';
import { parserError } from '../common/errors/parser-error.js';
import { MEDIA_TYPES, mediaTypeOf } from './item-content.js';

export interface ReadBody {
  mediaType: string;
  bytes: Uint8Array;
}

@Injectable()
export class PredictBodyGuard implements CanActivate {
  private readonly parser: RequestHandler;

  constructor(@Inject(CONFIG) config: Config) {
    this.parser = raw({ limit: config.PREDICT_MAX_BODY_BYTES, type: () => true });
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    const mediaType = acceptedType(request);
    await this.read(request, http.getResponse<Response>());
    const bytes: unknown = request.body;
    request.body = { mediaType, bytes: bytes instanceof Uint8Array ? bytes : new Uint8Array() } satisfies ReadBody;
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

/** @throws AppError `unsupported_media_type`, before anything is read */
function acceptedType(request: Request): string {
  const contentType = request.headers['content-type'] ?? '';
  const mediaType = mediaTypeOf(contentType);
  if (!MEDIA_TYPES.includes(mediaType)) {
    throw new AppError(
      'unsupported_media_type',
      `Content-Type must be application/json, or the type of a single item's content: ${MEDIA_TYPES.slice(1).join(', ')}; got ${contentType === '' ? 'none' : contentType}.`,
    );
  }
  const charset = /;\s*charset\s*=\s*"?([^;"\s]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  if (/^(utf-?8|us-ascii)$/i.test(charset)) return mediaType;
  throw new AppError('unsupported_media_type', `The charset "${charset}" is not supported; send UTF-8.`);
}

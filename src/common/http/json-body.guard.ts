/** Refuses a request whose body is not declared as JSON: the parser has left such a body alone. */
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { AppError } from '../errors/app-error.js';

@Injectable()
export class JsonBodyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    if (request.is('application/json') !== false) return true;
    const given = request.headers['content-type'] ?? 'none';
    throw new AppError('unsupported_media_type', `Content-Type must be application/json; got ${given}.`);
  }
}

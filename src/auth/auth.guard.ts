/**
 * The second lock, before every handler: it passes what the middleware let in, and judges by itself what the middleware
 * never saw. Without a principal no handler runs, unless its path is public.
 */
import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { AuthGate } from './auth-gate.js';

@Injectable()
export class AuthGuard implements CanActivate {
  constructor(@Inject(AuthGate) private readonly gate: AuthGate) {}

  /** @throws Refusal */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    await this.gate.admit(context.switchToHttp().getRequest<Request>());
    return true;
  }
}

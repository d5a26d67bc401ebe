/**
 * The decision about one HTTP request, with all that goes with it: the principal on the request, the limit on failures,
 * the audit line, the counters. The middleware and the guard both ask here.
 */
import type { Request } from 'express';
import { AppError, type ErrorCode } from '../common/errors/app-error.js';
import type { Principal } from '../common/http/principal.js';
import type { AuditedRequest, AuditLog } from './audit-log.js';
import type { Authenticator } from './authenticator.js';
import type { Method } from './credential-route.js';
import type { FailureLimiter } from './failure-limiter.js';
import { peerAddress } from './peer-address.js';
import type { PublicPaths } from './public-paths.js';
import { Refusal, type RefusalCode } from './refusal.js';

/** Guesses: a credential was shown and was wrong. */
const FAILED_ATTEMPTS: ReadonlySet<RefusalCode> = new Set(['invalid_api_key', 'invalid_token']);

/** Counts decisions. Every value comes from a short fixed list. */
export interface DecisionCounter {
  /** @param method `none`: no verifier was chosen. @param code null: let in */
  authDecided(method: Method | 'none', code: ErrorCode | null): void;
}

export interface GateParts {
  authenticator: Authenticator;
  publicPaths: PublicPaths;
  limiter: FailureLimiter;
  audit: AuditLog;
  counter: DecisionCounter | null;
}

export class AuthGate {
  constructor(private readonly parts: GateParts) {}

  /**
   * Lets the request pass, with its principal on it unless the path is public. A request that has one already passes.
   * @throws Refusal; any other error is a fault of ours
   */
  async admit(request: Request): Promise<void> {
    if (request.principal || this.parts.publicPaths.has(request.method, request.originalUrl)) return;
    let method: Method | 'none' = 'none';
    try {
      request.principal = await this.authenticate(request, (chosen) => (method = chosen));
      this.parts.counter?.authDecided(method, null);
    } catch (error) {
      this.parts.counter?.authDecided(method, error instanceof AppError ? error.code : 'internal_error');
      throw error;
    }
  }

  private async authenticate(request: Request, chosen: (method: Method) => void): Promise<Principal> {
    const audited = auditedRequest(request);
    try {
      const principal = await this.parts.authenticator.authenticate(request.rawHeaders, chosen);
      this.parts.audit.granted(principal.id, audited);
      return principal;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const refusal = this.limited(error, audited.peer);
      this.parts.audit.refused(refusal.code, refusal.reason, audited);
      throw refusal;
    }
  }

  /** Too many wrong credentials from one address: the answer no longer says whether this one was wrong too. */
  private limited(refusal: Refusal, peer: string): Refusal {
    if (!FAILED_ATTEMPTS.has(refusal.code)) return refusal;
    const retrySeconds = this.parts.limiter.count(peer);
    return retrySeconds === null ? refusal : new Refusal('auth_rate_limited', refusal.reason, retrySeconds);
  }
}

function auditedRequest(request: Request): AuditedRequest {
  const forwardedFor = request.headers['x-forwarded-for'];
  return {
    method: request.method,
    path: request.originalUrl.split('?', 1)[0],
    peer: peerAddress(request.socket.remoteAddress, Array.isArray(forwardedFor) ? forwardedFor.join() : forwardedFor),
    requestId: request.id ?? 'unknown',
  };
}

/**
 * One line per decision, bounded: a flood of refusals fills no disk. A line holds fixed words, the request's method and
 * path (no query), the peer and the request id; never a header or a credential.
 */
import type { Clock } from './clock.js';
import type { RoomLog } from './room-log.js';

export interface AuditedRequest {
  method: string;
  /** Without the query, which may hold anything. */
  path: string;
  peer: string;
  requestId: string;
}

const WINDOW_MS = 10_000;
/** Refusals told at `warn` in one window; the others go to `debug`. */
export const WARNINGS_PER_WINDOW = 10;
const MAX_PATH_CHARS = 200;

export class AuditLog {
  private windowStart = -Infinity;
  private refusals = 0;

  constructor(
    private readonly log: RoomLog,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  granted(principalId: string, request: AuditedRequest): void {
    this.log.debug(`Granted ${principalId}: ${describe(request)}`);
  }

  refused(code: string, reason: string, request: AuditedRequest): void {
    this.openWindow();
    this.refusals += 1;
    const line = `Refused ${code} (${reason}): ${describe(request)}`;
    if (this.refusals <= WARNINGS_PER_WINDOW) this.log.warn(line);
    else this.log.debug(line);
  }

  private openWindow(): void {
    const now = this.clock.now();
    if (now - this.windowStart < WINDOW_MS) return;
    const untold = this.refusals - WARNINGS_PER_WINDOW;
    if (untold > 0) this.log.warn(`Refused ${untold} more requests, told at debug level only`);
    this.windowStart = now;
    this.refusals = 0;
  }
}

function describe({ method, path, peer, requestId }: AuditedRequest): string {
  return `${method} ${path.slice(0, MAX_PATH_CHARS)} from ${peer}, request ${requestId}`;
}

/**
 * What must be right before callers are sent here, as told by the rooms themselves: each adds its check, the health room
 * asks them all. So readiness knows about keys without knowing the auth room.
 */
import { Injectable } from '@nestjs/common';

/** Null: fine. Else the reason, for a person. Called at every probe: it looks at what is known and asks nobody. */
export type ReadinessCheck = () => string | null;

@Injectable()
export class ReadinessChecks {
  private readonly checks = new Map<string, ReadinessCheck>();

  /** @param name what the readiness report calls it, e.g. `api_keys` */
  add(name: string, check: ReadinessCheck): void {
    this.checks.set(name, check);
  }

  results(): { name: string; reason: string | null }[] {
    return [...this.checks].map(([name, check]) => ({ name, reason: check() }));
  }
}

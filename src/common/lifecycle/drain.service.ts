/**
 * Whether the service is on its way out. Set once by `shut-down.ts`; read by readiness, by every room that would start
 * new work, and by the connection header.
 */
import { Injectable } from '@nestjs/common';

@Injectable()
export class DrainService {
  private started = false;

  get draining(): boolean {
    return this.started;
  }

  begin(): void {
    this.started = true;
  }
}

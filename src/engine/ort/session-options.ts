/**
 * How a session is to run: threads, spinning, logging. Made, used once, disposed.
 */
import type { Environment } from './environment.js';
import { Handle } from './handle.js';
import type { Pointer } from './library.js';

/** `OrtLoggingLevel`: what is wrong with a run comes back as a status; it need not be logged for every request too. */
const LOG_FATAL = 4;

export interface SessionSettings {
  intraOpThreads: number;
}

export class SessionOptions {
  private readonly handle: Handle;

  constructor(
    private readonly environment: Environment,
    settings: SessionSettings,
  ) {
    const { api } = environment;
    const pointer = api.get('CreateSessionOptions');
    this.handle = new Handle('session options', pointer, (options) => api.release('ReleaseSessionOptions', options));
    api.call('SetSessionLogSeverityLevel', pointer, LOG_FATAL);
    api.call('SetIntraOpNumThreads', pointer, settings.intraOpThreads);
    api.call('SetInterOpNumThreads', pointer, 1);
    // Spinning during a run is worth 20 to 30 %; stopping it between runs leaves the cores to others.
    this.set('session.force_spinning_stop', '1');
  }

  get pointer(): Pointer {
    return this.handle.pointer;
  }

  set(key: string, value: string): void {
    this.environment.api.call('AddSessionConfigEntry', this.pointer, key, value);
  }

  dispose(): void {
    this.handle.dispose();
  }
}

/**
 * What the supervisor of an engine needs to know of the requests it serves: nothing but when to send them, what becomes
 * of them when the engine ends, and whether the engine was of use.
 */
import type { AppError } from '../common/errors/app-error.js';
import type { FromEngine } from '../engine/protocol.js';
import type { EngineChannel } from './engine-process.js';

export interface EngineWork {
  /** An engine is loaded: it gets what waits. */
  connect(channel: EngineChannel): void;
  /** The engine ended. What may run again waits for the next one; the rest fails. */
  disconnect(how: string): void;
  /** No engine will come: everything fails with `error`. */
  failAll(error: AppError): void;
  /** Whatever is about requests. */
  handle(message: FromEngine): void;
  /** Requests finished by the engine that is connected now, or was until its end is handled. */
  readonly finishedByEngine: number;
}

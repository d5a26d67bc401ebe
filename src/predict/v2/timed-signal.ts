/** An abort signal that also fires when a request's own time is over. */
import { AppError } from '../../common/errors/app-error.js';

export interface TimedSignal extends Disposable {
  readonly signal: AbortSignal;
}

/** Its reason is what the work should throw. To be disposed of when the work is done. */
export function timedSignal(signal: AbortSignal, timeoutMs: number | null): TimedSignal {
  if (timeoutMs === null) return { signal, [Symbol.dispose]: () => undefined };
  const controller = new AbortController();
  const words = `The request took longer than its timeout of ${timeoutMs} ms.`;
  const timer = setTimeout(
    () => controller.abort(new AppError('deadline_exceeded', words)),
    Math.min(timeoutMs, 2 ** 31 - 1),
  );
  return { signal: AbortSignal.any([signal, controller.signal]), [Symbol.dispose]: () => clearTimeout(timer) };
}

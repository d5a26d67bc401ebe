/**
 * Which waiting requests the next run takes. Pure policy over plain numbers: it knows no tensor and no clock.
 *
 * The oldest request always goes first, whatever its shape, so nobody is overtaken by more than one run. Others that
 * fit beside it ride along, up to the limit of rows.
 */
export interface Waiting {
  /** Requests with one key can share a run; null: it runs alone. */
  key: string | null;
  rows: number;
  arrivedMs: number;
  /** It arrived while a run was under way: only then may it wait for company. */
  arrivedBusy: boolean;
}

export interface RunLimits {
  maxBatch: number;
  maxDelayMs: number;
}

export type NextRun<T> = { kind: 'run'; batch: T[] } | { kind: 'wait'; ms: number } | { kind: 'idle' };

/** @param waiting oldest first */
export function nextRun<T extends Waiting>(waiting: readonly T[], limits: RunLimits, nowMs: number): NextRun<T> {
  if (waiting.length === 0) return { kind: 'idle' };
  const batch = fittingBatch(waiting, limits.maxBatch);
  const ms = patience(waiting, batch, limits, nowMs);
  return ms > 0 ? { kind: 'wait', ms } : { kind: 'run', batch };
}

function fittingBatch<T extends Waiting>(waiting: readonly T[], maxBatch: number): T[] {
  const [head, ...others] = waiting;
  if (head.key === null) return [head];
  const batch = [head];
  let { rows } = head;
  for (const request of others) {
    if (request.key !== head.key) continue;
    // One that does not fit ends the search: a later, smaller one must not overtake it.
    if (rows + request.rows > maxBatch) break;
    batch.push(request);
    rows += request.rows;
  }
  return batch;
}

/** How much longer the oldest may wait for company: never when that would delay somebody else, or when it is full. */
function patience<T extends Waiting>(
  waiting: readonly T[],
  batch: readonly T[],
  { maxBatch, maxDelayMs }: RunLimits,
  nowMs: number,
): number {
  const [head] = waiting;
  const rows = batch.reduce((sum, request) => sum + request.rows, 0);
  const worthWaiting = head.key !== null && head.arrivedBusy && rows < maxBatch && batch.length === waiting.length;
  return worthWaiting ? head.arrivedMs + maxDelayMs - nowMs : 0;
}

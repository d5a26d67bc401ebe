import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextRun, type Waiting } from './next-run.js';

const LIMITS = { maxBatch: 4, maxDelayMs: 5 };

function waiting(key: string | null, parts: Partial<Waiting> = {}): Waiting {
  return { key, rows: 1, arrivedMs: 0, arrivedBusy: false, ...parts };
}

describe('the next run', () => {
  it('is none when nobody waits', () => {
    expect(nextRun([], LIMITS, 0)).toEqual({ kind: 'idle' });
  });

  it('starts with the oldest, and takes along what has its key, up to the limit of rows', () => {
    const [a, other, b, c] = [waiting('a'), waiting('b'), waiting('a', { rows: 2 }), waiting('a')];
    expect(nextRun([a, other, b, c, waiting('a')], LIMITS, 0)).toEqual({ kind: 'run', batch: [a, b, c] });
  });

  it('lets nobody small overtake one that does not fit', () => {
    const [a, big, small] = [waiting('a'), waiting('a', { rows: 4 }), waiting('a')];
    expect(nextRun([a, big, small], LIMITS, 0)).toEqual({ kind: 'run', batch: [a] });
  });

  it('takes one that is larger than the limit alone', () => {
    const big = waiting('a', { rows: 9 });
    expect(nextRun([big, waiting('a')], LIMITS, 0)).toEqual({ kind: 'run', batch: [big] });
  });

  it('never joins one that runs alone', () => {
    const alone = waiting(null);
    expect(nextRun([alone, waiting(null)], LIMITS, 0)).toEqual({ kind: 'run', batch: [alone] });
    const a = waiting('a');
    expect(nextRun([a, alone], LIMITS, 0)).toEqual({ kind: 'run', batch: [a] });
  });

  it('does not wait for company when the engine was idle', () => {
    expect(nextRun([waiting('a')], LIMITS, 0).kind).toBe('run');
  });

  it('waits for company after a run, up to the limit since arrival', () => {
    const a = waiting('a', { arrivedMs: 10, arrivedBusy: true });
    expect(nextRun([a], LIMITS, 12)).toEqual({ kind: 'wait', ms: 3 });
    expect(nextRun([a], LIMITS, 15).kind).toBe('run');
    expect(nextRun([a], { ...LIMITS, maxDelayMs: 0 }, 10).kind).toBe('run');
  });

  it('does not wait when full, when it runs alone, or when somebody else would wait for it', () => {
    const busy = { arrivedBusy: true };
    expect(nextRun([waiting('a', { ...busy, rows: 4 })], LIMITS, 0).kind).toBe('run');
    expect(nextRun([waiting(null, busy)], LIMITS, 0).kind).toBe('run');
    expect(nextRun([waiting('a', busy), waiting('b', busy)], LIMITS, 0).kind).toBe('run');
  });

  it('keeps its promises for any queue', () => {
    const entry = fc.record({
      key: fc.constantFrom('a', 'b', 'c', null),
      rows: fc.integer({ min: 1, max: 6 }),
      arrivedMs: fc.integer({ min: 0, max: 10 }),
      arrivedBusy: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 12 }), fc.integer({ min: 10, max: 20 }), (queue, now) => {
        const next = nextRun(queue, LIMITS, now);
        if (next.kind === 'wait') {
          expect(next.ms).toBeLessThanOrEqual(LIMITS.maxDelayMs);
          return;
        }
        if (next.kind === 'idle') throw new Error('idle with a queue');
        const { batch } = next;
        const rows = batch.reduce((sum, request) => sum + request.rows, 0);
        expect(batch[0]).toBe(queue[0]);
        expect(new Set(batch).size).toBe(batch.length);
        expect(batch.length === 1 || (rows <= LIMITS.maxBatch && batch.every(({ key }) => key === queue[0].key))).toBe(
          true,
        );
        // Of one key, nobody is overtaken.
        const sameKey = queue.filter(({ key }) => key !== null && key === queue[0].key);
        expect(batch.length === 1 || batch.every((request, i) => request === sameKey[i])).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

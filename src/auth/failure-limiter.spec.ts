import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.js';
import { BURST, FailureLimiter, MAX_ADDRESSES } from './failure-limiter.js';

describe('FailureLimiter', () => {
  it('takes a burst, then one a second, for each address on its own', () => {
    const clock = new ManualClock();
    const limiter = new FailureLimiter(clock);
    for (let i = 0; i < BURST; i += 1) expect(limiter.count('a')).toBeNull();
    expect(limiter.count('a')).toBe(1);
    expect(limiter.count('b')).toBeNull();
    clock.advance(999);
    expect(limiter.count('a')).toBe(1);
    clock.advance(1);
    expect(limiter.count('a')).toBeNull();
    expect(limiter.count('a')).toBe(1);
  });

  it('never lets more pass than the burst and a second each, whatever the history', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 3000 }), { maxLength: 200 }), (pauses) => {
        const clock = new ManualClock();
        const limiter = new FailureLimiter(clock);
        let passed = 0;
        for (const pause of pauses) {
          clock.advance(pause);
          if (limiter.count('a') === null) passed += 1;
        }
        expect(passed).toBeLessThanOrEqual(BURST + clock.now() / 1000 + 1e-9);
      }),
    );
  });

  it('is full again after a rest', () => {
    const clock = new ManualClock();
    const limiter = new FailureLimiter(clock);
    for (let i = 0; i < 2 * BURST; i += 1) limiter.count('a');
    clock.advance(BURST * 1000);
    for (let i = 0; i < BURST; i += 1) expect(limiter.count('a')).toBeNull();
  });

  it('remembers so many addresses and no more; the busiest stay', () => {
    const limiter = new FailureLimiter(new ManualClock());
    for (let i = 0; i < BURST; i += 1) limiter.count('busy');
    for (let i = 0; i < 2 * MAX_ADDRESSES; i += 1) {
      limiter.count(`address ${i}`);
      if (i % 1000 === 0) limiter.count('busy');
    }
    expect(limiter.size).toBe(MAX_ADDRESSES);
    expect(limiter.count('busy')).not.toBeNull();
  });
});

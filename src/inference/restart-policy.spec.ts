import { describe, expect, it } from 'vitest';
import { decideRestart, RESTART } from './restart-policy.js';

describe('decideRestart', () => {
  it('restarts a useful engine almost at once, however often it is killed', () => {
    let fruitless = 0;
    for (let kill = 0; kill < 50; kill += 1) {
      const decision = decideRestart(fruitless, 1);
      expect(decision).toMatchObject({ delayMs: RESTART.firstDelayMs, breakerOpen: false });
      fruitless = decision.fruitless;
    }
  });

  it('waits longer each time an engine ends without having finished anything', () => {
    const delays: number[] = [];
    let fruitless = 0;
    for (let crash = 0; crash < RESTART.breakerAfter - 1; crash += 1) {
      const decision = decideRestart(fruitless, 0);
      expect(decision.breakerOpen).toBe(false);
      delays.push(decision.delayMs);
      fruitless = decision.fruitless;
    }
    expect(delays).toEqual([50, 200, 800, 3200]);
  });

  it('opens the breaker after repeated fruitless engines and tries one per cool-down', () => {
    expect(decideRestart(RESTART.breakerAfter - 1, 0)).toMatchObject({
      breakerOpen: true,
      delayMs: RESTART.coolDownMs,
    });
    expect(decideRestart(40, 0)).toMatchObject({ breakerOpen: true, delayMs: RESTART.coolDownMs });
  });

  it('closes it again when an engine finished a request', () => {
    expect(decideRestart(40, 3)).toMatchObject({ breakerOpen: false, fruitless: 1 });
  });
});

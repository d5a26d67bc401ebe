import { describe, expect, it } from 'vitest';
import { Pace } from './pace.js';

describe('Pace', () => {
  it('is not due at once, and is due after a slice of work', () => {
    const pace = new Pace();
    expect(pace.isDue).toBe(false);
    const end = performance.now() + 10;
    while (performance.now() < end);
    expect(pace.isDue).toBe(true);
  });

  it('lets only one loop have a slice in a round of the event loop, in the order they came', async () => {
    const rounds: string[][] = [];
    let round: string[] = [];
    let counting = true;
    const count = () => {
      rounds.push(round);
      round = [];
      if (counting) setImmediate(count);
    };
    setImmediate(count);
    const work = async (name: string) => {
      const pace = new Pace();
      for (let turn = 0; turn < 3; turn++) {
        await pace.rest();
        round.push(name);
      }
    };
    await Promise.all(['a', 'b', 'c'].map(work));
    counting = false;
    rounds.push(round);
    expect(rounds.every((names) => names.length <= 1)).toBe(true);
    expect(rounds.flat().join('')).toBe('abcabcabc');
  });
});

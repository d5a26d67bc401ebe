import { describe, expect, it } from 'vitest';
import { chooseSlot, type FreeSlot } from './slot-choice.js';

function free(slot: number, parts: Partial<FreeSlot> = {}): FreeSlot {
  return { slot, retained: 0, reusable: 0, freedAt: 0, stepCost: 1, ...parts };
}

describe('chooseSlot', () => {
  it('chooses none when none is free', () => {
    expect(chooseSlot([])).toBeNull();
  });

  it('takes the longest hit, and of equal ones the slot that loses least', () => {
    const slots = [
      free(0),
      free(1, { retained: 40, reusable: 20 }),
      free(2, { retained: 90, reusable: 30 }),
      free(3, { retained: 50, reusable: 30 }),
    ];
    expect(chooseSlot(slots)).toEqual({ slot: 3, cachedTokens: 30 });
  });

  it('does not take a hit below the least useful one', () => {
    expect(chooseSlot([free(0), free(1, { retained: 15, reusable: 15 })])).toEqual({ slot: 0, cachedTokens: 0 });
  });

  it('leaves a long conversation alone when it shares only a short system prompt', () => {
    expect(chooseSlot([free(0, { retained: 1000, reusable: 50 }), free(1)])).toEqual({ slot: 1, cachedTokens: 0 });
  });

  it('among empty slots takes the one that keeps a step cheap, then the lowest', () => {
    expect(chooseSlot([free(4, { stepCost: 2 }), free(2, { stepCost: 1.5 }), free(1, { stepCost: 1.5 })])?.slot).toBe(
      1,
    );
  });

  it('with nothing empty and no worthwhile hit takes the slot freed the longest ago, and uses what it has', () => {
    const slots = [free(0, { retained: 900, freedAt: 7 }), free(1, { retained: 1000, reusable: 60, freedAt: 3 })];
    expect(chooseSlot(slots)).toEqual({ slot: 1, cachedTokens: 60 });
  });
});

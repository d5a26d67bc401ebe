import { describe, expect, it } from 'vitest';
import { CARRY_LIMIT, commonPrefixLength, KvSlots } from './kv-slots.js';

const ids = (...tokens: number[]) => Int32Array.from(tokens);

describe('KvSlots', () => {
  it('a slot is taken once and free again after its release', () => {
    const slots = new KvSlots(2, 'prompt');
    slots.take(1, 7);
    expect([slots.owner(0), slots.owner(1)]).toEqual([null, 7]);
    expect(slots.canTake(1)).toBe(false);
    expect(() => slots.take(1, 8)).toThrow('not free');
    expect(slots.canTake(2)).toBe(false);
    slots.release(1, null);
    expect(slots.canTake(1)).toBe(true);
  });

  it('offers retained rows to prompts of the same scope only, two tokens short of the whole prompt', () => {
    const slots = new KvSlots(1, 'prompt');
    slots.take(0, 1);
    slots.release(0, { ids: ids(1, 2, 3, 4, 5), scope: 'a' });
    expect(slots.reusable(0, ids(1, 2, 3, 9, 9, 9), 'a')).toBe(3);
    expect(slots.reusable(0, ids(1, 2, 3, 4, 5), 'a')).toBe(3);
    expect(slots.reusable(0, ids(1, 2, 3, 9, 9, 9), 'b')).toBe(0);
    expect(slots.reusable(0, ids(9, 2, 3), 'a')).toBe(0);
  });

  it('forgets what a slot retained once it is taken', () => {
    const slots = new KvSlots(1, 'prompt');
    slots.release(0, { ids: ids(1, 2, 3), scope: 'a' });
    slots.take(0, 2);
    expect(slots.retained(0)).toBeNull();
  });

  it('retains nothing when the prefix cache is off', () => {
    const slots = new KvSlots(1, 'off');
    slots.release(0, { ids: ids(1, 2, 3), scope: 'a' });
    expect(slots.retained(0)).toBeNull();
  });

  it('forgets rows that decode runs have carried along for too long, counted from the release', () => {
    const slots = new KvSlots(1, 'prompt');
    slots.release(0, { ids: ids(1, 2, 3), scope: 'a' });
    for (let run = 1; run < CARRY_LIMIT; run += 1) slots.carry(0);
    expect(slots.retained(0)).not.toBeNull();
    slots.release(0, { ids: ids(1, 2, 3), scope: 'a' });
    slots.carry(0);
    expect(slots.retained(0)).not.toBeNull();
    for (let run = 1; run < CARRY_LIMIT; run += 1) slots.carry(0);
    expect(slots.retained(0)).toBeNull();
  });

  it('remembers the order of releases', () => {
    const slots = new KvSlots(3, 'prompt');
    slots.release(2, null);
    slots.release(0, null);
    expect(slots.freedAt(2)).toBeLessThan(slots.freedAt(0));
  });
});

describe('commonPrefixLength', () => {
  it('counts to the first difference or the shorter end', () => {
    expect(commonPrefixLength(ids(1, 2, 3), ids(1, 2, 4, 5))).toBe(2);
    expect(commonPrefixLength(ids(1, 2), ids(1, 2, 4))).toBe(2);
    expect(commonPrefixLength(ids(), ids(1))).toBe(0);
  });
});

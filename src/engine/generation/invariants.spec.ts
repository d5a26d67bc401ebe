/** That each rule is able to fail: one broken state or plan per rule. */
import { describe, expect, it } from 'vitest';
import { listPlanViolations, listViolations, type SchedulerSnapshot, type SequenceSnapshot } from './invariants.js';
import type { StepPlan } from './step-plan.js';

function sequence(id: number, parts: Partial<SequenceSnapshot>): SequenceSnapshot {
  return {
    id,
    state: 'waiting',
    slot: null,
    promptTokens: 10,
    cachedTokens: 0,
    filled: 0,
    generated: 0,
    limit: 5,
    ...parts,
  };
}

/** Request 1 decodes in slot 0, request 2 is prefilling in slot 1, request 3 waits; slot 2 retains 4 tokens. */
function healthy(): SchedulerSnapshot {
  return {
    capacity: 16,
    running: [
      sequence(1, { state: 'decoding', slot: 0, filled: 11, generated: 2 }),
      sequence(2, { state: 'prefilling', slot: 1, filled: 4 }),
    ],
    waiting: [sequence(3, {})],
    slots: [
      { owner: 1, retained: 0 },
      { owner: 2, retained: 0 },
      { owner: null, retained: 4 },
    ],
  };
}

function plan(): StepPlan {
  return {
    decode: [{ window: { firstSlot: 0, rows: [{ token: 5, length: 11 }] }, sequences: [1] }],
    prefill: { sequence: 2, slot: 1, tokens: new Int32Array(3), pastLength: 4, last: false },
  };
}

describe('listViolations', () => {
  it('finds nothing in a healthy state', () => {
    expect(listViolations(healthy())).toEqual([]);
  });

  it.each<{ rule: string; spoil: (s: SchedulerSnapshot) => void; says: string }>([
    { rule: 'a slot has one owner', spoil: (s) => (s.running[1].slot = 0), says: 'slot 0 is used by 1 and 2' },
    { rule: 'owners run', spoil: (s) => (s.slots[2].owner = 9), says: 'slot 2 says 9 owns it' },
    { rule: 'an owned slot retains nothing', spoil: (s) => (s.slots[0].retained = 3), says: 'owned and yet retains' },
    { rule: 'an idle row has room', spoil: (s) => (s.slots[2].retained = 16), says: 'no room for an idle row' },
    { rule: 'who waits has nothing', spoil: (s) => (s.waiting[0].filled = 1), says: 'request 3 waits, but' },
    { rule: 'rows fit', spoil: (s) => (s.running[0].filled = 16), says: 'no room for the next' },
    { rule: 'answers fit', spoil: (s) => (s.running[0].limit = 7), says: 'beyond the capacity' },
    { rule: 'two tokens are recomputed', spoil: (s) => (s.running[1].cachedTokens = 9), says: 'fewer than two' },
    { rule: 'no tokens before the prompt is done', spoil: (s) => (s.running[1].generated = 1), says: 'has generated' },
    { rule: 'prefill ends', spoil: (s) => (s.running[1].filled = 10), says: 'prefilling at 10 of 10' },
    { rule: 'no single-token tail', spoil: (s) => (s.running[1].filled = 9), says: 'a chunk of one token' },
    { rule: 'who runs is not over', spoil: (s) => (s.running[0].state = 'ended'), says: 'runs but is ended' },
    { rule: 'the limit ends', spoil: (s) => (s.running[0].limit = 2), says: 'decodes with 2 of 2' },
    { rule: 'rows and tokens agree', spoil: (s) => (s.running[0].filled = 12), says: 'holds 12 tokens after 2' },
    { rule: 'first come, first served', spoil: (s) => (s.waiting[0].id = 0), says: 'came before' },
    {
      rule: 'one prefill',
      spoil: (s) => Object.assign(s.running[0], { state: 'prefilling', filled: 2, generated: 0 }),
      says: 'prefilling at once',
    },
  ])('$rule', ({ spoil, says }) => {
    const snapshot = healthy();
    spoil(snapshot);
    expect(listViolations(snapshot).join('; ')).toContain(says);
  });
});

describe('listPlanViolations', () => {
  it('finds nothing in a healthy plan', () => {
    expect(listPlanViolations(plan(), healthy())).toEqual([]);
  });

  it.each<{ rule: string; spoil: (p: StepPlan, s: SchedulerSnapshot) => void; says: string }>([
    { rule: 'who prefills advances', spoil: (p) => (p.prefill = null), says: 'has no chunk' },
    { rule: 'the right one', spoil: (p) => (p.prefill!.sequence = 1), says: 'not the prefilling one' },
    { rule: 'where it stands', spoil: (p) => (p.prefill!.pastLength = 5), says: 'starts at 5' },
    { rule: 'two tokens', spoil: (p) => (p.prefill!.tokens = new Int32Array(1)), says: 'has one token' },
    { rule: 'within the prompt', spoil: (p) => (p.prefill!.tokens = new Int32Array(7)), says: 'ends at 11' },
    { rule: 'the last is called so', spoil: (p) => (p.prefill!.last = true), says: 'says last: true' },
    { rule: 'rows say what slots hold', spoil: (p) => (p.decode[0].window.rows[0].length = 3), says: 'its row says 3' },
    { rule: 'rows are whose they are', spoil: (p) => (p.decode[0].sequences[0] = null), says: 'decodes null, not 1' },
    { rule: 'who decodes advances', spoil: (p) => (p.decode = []), says: 'request 1 stands still' },
    { rule: 'windows are apart', spoil: (p) => p.decode.push(p.decode[0]), says: 'behind 1' },
    {
      rule: 'nobody waits beside a free slot',
      spoil: (p, s) => {
        p.prefill = null;
        s.running.pop();
        s.slots[1].owner = null;
      },
      says: 'a slot is free while a request waits',
    },
  ])('$rule', ({ spoil, says }) => {
    const [broken, snapshot] = [plan(), healthy()];
    spoil(broken, snapshot);
    expect(listPlanViolations(broken, snapshot).join('; ')).toContain(says);
  });
});

/**
 * What must hold between two steps, as code: a read-only snapshot in, a list of violations out.
 *
 * Pure. Tests call it after every step of random histories; it is also what to call when something looks wrong.
 */
import type { SequenceState } from './sequence.js';
import type { StepPlan } from './step-plan.js';

export interface SequenceSnapshot {
  id: number;
  state: SequenceState;
  slot: number | null;
  promptTokens: number;
  cachedTokens: number;
  /** Tokens in its cache row. */
  filled: number;
  generated: number;
  limit: number;
}

export interface SlotSnapshot {
  owner: number | null;
  /** Tokens a free slot retains. */
  retained: number;
}

export interface SchedulerSnapshot {
  capacity: number;
  /** In order of arrival. */
  waiting: SequenceSnapshot[];
  /** In order of admission. */
  running: SequenceSnapshot[];
  slots: SlotSnapshot[];
}

/** What is wrong with this state; empty when all is well. */
export function listViolations(snapshot: SchedulerSnapshot): string[] {
  return [
    ...slotViolations(snapshot),
    ...snapshot.waiting.flatMap(waitingViolations),
    ...snapshot.running.flatMap((s) => runningViolations(s, snapshot)),
    ...orderViolations(snapshot),
  ];
}

/** What is wrong with this plan, made in this state. */
export function listPlanViolations(plan: StepPlan, snapshot: SchedulerSnapshot): string[] {
  return [...prefillViolations(plan, snapshot), ...decodeViolations(plan, snapshot)];
}

function slotViolations({ slots, running, capacity }: SchedulerSnapshot): string[] {
  const found: string[] = [];
  for (const [slot, { owner, retained }] of slots.entries()) {
    const owners = running.filter((s) => s.slot === slot).map((s) => s.id);
    if (owners.length > 1) found.push(`slot ${slot} is used by ${owners.join(' and ')}`);
    if (owner !== (owners[0] ?? null))
      found.push(`slot ${slot} says ${owner} owns it, but ${owners[0] ?? 'nobody'} does`);
    if (owner !== null && retained > 0) found.push(`slot ${slot} is owned and yet retains ${retained} tokens`);
    if (retained > capacity - 1) found.push(`slot ${slot} retains ${retained} tokens: no room for an idle row`);
  }
  return found;
}

function waitingViolations(s: SequenceSnapshot): string[] {
  const untouched = s.state === 'waiting' && s.slot === null && s.filled === 0 && s.generated === 0;
  return untouched ? [] : [`request ${s.id} waits, but is ${s.state} with slot ${s.slot} and ${s.filled} tokens`];
}

function runningViolations(s: SequenceSnapshot, { capacity, slots }: SchedulerSnapshot): string[] {
  const found: string[] = [];
  const claim = (holds: boolean, message: string) => {
    if (!holds) found.push(`request ${s.id} ${message}`);
  };
  claim(s.slot !== null && s.slot >= 0 && s.slot < slots.length, `runs with slot ${s.slot}`);
  claim(s.filled <= capacity - 1, `holds ${s.filled} tokens: no room for the next`);
  claim(s.promptTokens + s.limit <= capacity, `may grow beyond the capacity`);
  claim(s.cachedTokens === 0 || s.promptTokens - s.cachedTokens >= 2, `recomputes fewer than two prompt tokens`);
  if (s.state === 'prefilling') {
    claim(s.generated === 0, `is prefilling but has generated ${s.generated} tokens`);
    claim(s.filled >= s.cachedTokens && s.filled < s.promptTokens, `is prefilling at ${s.filled} of ${s.promptTokens}`);
    claim(s.filled === 0 || s.promptTokens - s.filled >= 2, `is left with a chunk of one token`);
  } else {
    claim(s.state === 'decoding', `runs but is ${s.state}`);
    claim(s.generated >= 1 && s.generated < s.limit, `decodes with ${s.generated} of ${s.limit} tokens`);
    claim(s.filled === s.promptTokens + s.generated - 1, `holds ${s.filled} tokens after ${s.generated}`);
  }
  return found;
}

/** Ids grow by arrival, so first come, first served is visible in them. */
function orderViolations({ waiting, running }: SchedulerSnapshot): string[] {
  const ids = [...running, ...waiting].map((s) => s.id);
  const found = ids
    .slice(1)
    .flatMap((id, i) => (id > ids[i] ? [] : [`request ${id} came before ${ids[i]} but follows it`]));
  const prefilling = running.filter((s) => s.state === 'prefilling').map((s) => s.id);
  if (prefilling.length > 1) found.push(`requests ${prefilling.join(' and ')} are prefilling at once`);
  return found;
}

function prefillViolations({ prefill, decode }: StepPlan, { running, waiting, slots }: SchedulerSnapshot): string[] {
  const sequence = running.find((s) => s.state === 'prefilling');
  if (prefill === null) {
    if (sequence !== undefined) return [`request ${sequence.id} is prefilling but has no chunk`];
    const idle = waiting.length > 0 && slots.some((s) => s.owner === null);
    const nothing = running.length > 0 && decode.length === 0;
    return [...(idle ? ['a slot is free while a request waits'] : []), ...(nothing ? ['the plan is empty'] : [])];
  }
  const found: string[] = [];
  const end = prefill.pastLength + prefill.tokens.length;
  if (prefill.sequence !== sequence?.id || prefill.slot !== sequence.slot)
    found.push('the chunk is not the prefilling one');
  if (prefill.pastLength !== sequence?.filled) found.push(`the chunk starts at ${prefill.pastLength}`);
  if (prefill.pastLength > 0 && prefill.tokens.length < 2) found.push('the chunk has one token');
  if (end > (sequence?.promptTokens ?? 0)) found.push(`the chunk ends at ${end}`);
  if (prefill.last !== (end === sequence?.promptTokens)) found.push(`the chunk says last: ${prefill.last}`);
  return found;
}

function decodeViolations({ decode }: StepPlan, { running, slots, capacity }: SchedulerSnapshot): string[] {
  const found: string[] = [];
  const decoded: number[] = [];
  let nextSlot = 0;
  for (const { window, sequences } of decode) {
    if (window.firstSlot < nextSlot) found.push(`a window starts at slot ${window.firstSlot}, behind ${nextSlot}`);
    nextSlot = window.firstSlot + window.rows.length;
    if (nextSlot > slots.length) found.push(`a window ends at slot ${nextSlot}`);
    if (sequences.length !== window.rows.length) found.push('a window has rows without a word on whose they are');
    for (const [row, { length }] of window.rows.entries()) {
      const slot = window.firstSlot + row;
      const owner = running.find((s) => s.slot === slot);
      const holds = owner?.filled ?? slots[slot]?.retained ?? 0;
      if (length !== holds) found.push(`slot ${slot} holds ${holds} tokens, its row says ${length}`);
      if (length > capacity - 1) found.push(`slot ${slot} writes at ${length}, beyond the capacity`);
      const expected = owner?.state === 'decoding' ? owner.id : null;
      if (sequences[row] !== expected) found.push(`slot ${slot} decodes ${sequences[row]}, not ${expected}`);
      if (expected !== null) decoded.push(expected);
    }
  }
  for (const s of running)
    if (s.state === 'decoding' && !decoded.includes(s.id)) found.push(`request ${s.id} stands still`);
  return found;
}

/**
 * Who runs next: the queue, the slots and the running sequences, and the three verbs of a step.
 *
 * `admit` takes the head of the queue into a slot, `plan` says what to run and changes nothing, `commit` applies what
 * came of it. It does not run the model and does not sample; it knows no promise.
 *
 * First come, first served: one prompt is prefilled at a time, and whoever decodes advances in every step, so no one
 * starves and a prompt delays the others by one chunk a step.
 */
import type { PrefixCacheMode, StepEvent } from '../protocol.js';
import { coverDecoding, type SlotLoad } from './decode-windows.js';
import type { SchedulerSnapshot } from './invariants.js';
import { KvSlots } from './kv-slots.js';
import { planChunk, planDecode, type SlotRow } from './plan-step.js';
import type { Sequence } from './sequence.js';
import { chooseSlot, MIN_PREFIX_HIT } from './slot-choice.js';
import type { SequenceResult, StepOutcome, StepPlan } from './step-plan.js';

export interface SchedulerOptions {
  slots: number;
  /** Tokens a slot can hold. */
  capacity: number;
  prefixCache: PrefixCacheMode;
  prefillChunk: { busy: number; idle: number };
  /** A decode run has at least this many rows, idle ones among them; see `row-agreement.ts`. */
  fewestRows?: number;
  /** The shortest prefix worth reusing; `MIN_PREFIX_HIT` unless a test wants it shorter. */
  minPrefixHit?: number;
}

/** Sums since the start. */
export interface TokenTotals {
  prefill: number;
  decode: number;
  cached: number;
}

export class Scheduler {
  readonly totals: TokenTotals = { prefill: 0, decode: 0, cached: 0 };

  private readonly waiting: Sequence[] = [];
  /** By id, in order of admission. */
  private readonly running = new Map<number, Sequence>();
  private readonly slots: KvSlots;
  private readonly fewestRows: number;

  constructor(
    private readonly options: SchedulerOptions,
    private readonly nowMs: () => number,
  ) {
    this.fewestRows = options.fewestRows ?? 1;
    this.slots = new KvSlots(options.slots, options.prefixCache);
  }

  add(sequence: Sequence): void {
    if (this.find(sequence.id) !== undefined) throw new Error(`request ${sequence.id} is already known`);
    this.waiting.push(sequence);
  }

  /** A waiting sequence is gone at once; a running one at the next `admit` or `commit`. No event follows either. */
  abort(id: number): void {
    const place = this.waiting.findIndex((s) => s.id === id);
    if (place >= 0) {
      this.waiting.splice(place, 1)[0].end();
      return;
    }
    const sequence = this.running.get(id);
    if (sequence !== undefined) sequence.aborted = true;
  }

  hasWork(): boolean {
    return this.waiting.length > 0 || this.running.size > 0;
  }

  find(id: number): Sequence | undefined {
    return this.running.get(id) ?? this.waiting.find((s) => s.id === id);
  }

  get waitingCount(): number {
    return this.waiting.length;
  }

  get runningCount(): number {
    return this.running.size;
  }

  /** Frees what was aborted, then takes the head of the queue in if a slot is free and no prompt is being prefilled. */
  admit(): StepEvent[] {
    for (const sequence of this.running.values()) if (sequence.aborted) this.finish(sequence, true);
    const head = this.waiting[0];
    if (head === undefined || this.prefilling() !== undefined) return [];
    const choice = chooseSlot(this.freeSlots(head), this.options.minPrefixHit ?? MIN_PREFIX_HIT);
    if (choice === null) return [];
    this.waiting.shift();
    this.slots.take(choice.slot, head.id);
    head.admit(choice.slot, choice.cachedTokens, this.nowMs());
    this.running.set(head.id, head);
    this.totals.cached += choice.cachedTokens;
    return [{ kind: 'started', id: head.id, cachedTokens: head.cachedTokens, queueMs: head.queueMs }];
  }

  /** What the next step runs. Asking twice gives the same answer. */
  plan(): StepPlan {
    const decode = planDecode(this.rows(), this.fewestRows);
    const sequence = this.prefilling();
    const { busy, idle } = this.options.prefillChunk;
    const prefill = sequence === undefined ? null : planChunk(sequence, decode.length > 0 ? busy : idle);
    return { decode, prefill };
  }

  /** Applies a step: the only place where a sequence advances. @returns what the step means to those who wait */
  commit(plan: StepPlan, outcome: StepOutcome): StepEvent[] {
    const events: StepEvent[] = [];
    for (const { sequence: id, result } of outcome.results) {
      const sequence = this.running.get(id)!;
      if (result.kind !== 'failed') this.advance(sequence, plan);
      if (sequence.aborted) this.finish(sequence, result.kind !== 'failed');
      else this.apply(sequence, result, events);
    }
    this.carryIdleSlots(plan);
    return events;
  }

  /** Tokens that running sequences hold. */
  kvTokensUsed(): number {
    let sum = 0;
    for (const sequence of this.running.values()) sum += sequence.filled;
    return sum;
  }

  snapshot(): SchedulerSnapshot {
    const describe = (s: Sequence) => ({
      id: s.id,
      state: s.state,
      slot: s.slot,
      promptTokens: s.promptTokens,
      cachedTokens: s.cachedTokens,
      filled: s.filled,
      generated: s.generated.length,
      limit: s.limit,
    });
    return {
      capacity: this.options.capacity,
      waiting: this.waiting.map(describe),
      running: [...this.running.values()].map(describe),
      slots: Array.from({ length: this.slots.count }, (_, slot) => ({
        owner: this.slots.owner(slot),
        retained: this.slots.retained(slot)?.ids.length ?? 0,
      })),
    };
  }

  private prefilling(): Sequence | undefined {
    for (const sequence of this.running.values()) if (sequence.state === 'prefilling') return sequence;
    return undefined;
  }

  private rows(): SlotRow[] {
    return Array.from({ length: this.slots.count }, (_, slot) => {
      const owner = this.slots.owner(slot);
      const retained = this.slots.retained(slot)?.ids.length ?? 0;
      if (owner === null) return { sequence: null, decoding: false, tokens: retained };
      const sequence = this.running.get(owner)!;
      const decoding = sequence.state === 'decoding';
      return { sequence: decoding ? sequence : null, decoding, tokens: sequence.filled };
    });
  }

  private freeSlots(head: Sequence) {
    const loads: SlotLoad[] = this.rows();
    const slots = loads.map((_, slot) => slot).filter((slot) => this.slots.canTake(slot));
    return slots.map((slot) => {
      const taken = loads.with(slot, { decoding: true, tokens: head.promptTokens });
      return {
        slot,
        retained: loads[slot].tokens,
        reusable: this.slots.reusable(slot, head.promptIds, head.cacheScope),
        freedAt: this.slots.freedAt(slot),
        stepCost: coverDecoding(taken, this.fewestRows).cost,
      };
    });
  }

  private carryIdleSlots(plan: StepPlan): void {
    for (const { window, sequences } of plan.decode) {
      for (const [row, sequence] of sequences.entries()) {
        const slot = window.firstSlot + row;
        if (sequence === null && this.slots.canTake(slot)) this.slots.carry(slot);
      }
    }
  }

  /** The run wrote its tokens into the row. */
  private advance(sequence: Sequence, plan: StepPlan): void {
    if (sequence.state === 'decoding') {
      sequence.filled += 1;
      return;
    }
    const written = plan.prefill!.tokens.length;
    sequence.filled += written;
    this.totals.prefill += written;
  }

  private apply(sequence: Sequence, result: SequenceResult, events: StepEvent[]): void {
    const { id } = sequence;
    if (result.kind === 'advanced') return;
    if (result.kind === 'failed') {
      // Its row cannot be trusted any more: nothing of it is retained.
      this.finish(sequence, false);
      events.push({ kind: 'error', id, error: result.error });
      return;
    }
    const now = this.nowMs();
    const reason = sequence.accept(result.token, now);
    if (reason !== 'eos') {
      this.totals.decode += 1;
      events.push({ kind: 'token', id, token: result.token });
    }
    if (reason === null) return;
    events.push({
      kind: 'end',
      id,
      reason,
      stopToken: reason === 'eos' ? result.token : null,
      promptTokens: sequence.promptTokens,
      cachedTokens: sequence.cachedTokens,
      completionTokens: sequence.generated.length,
      timings: sequence.timings(now),
    });
    this.finish(sequence, true);
  }

  private finish(sequence: Sequence, retain: boolean): void {
    const ids = sequence.heldTokens(this.options.prefixCache === 'all');
    this.slots.release(sequence.slot!, retain ? { ids, scope: sequence.cacheScope } : null);
    this.running.delete(sequence.id);
    sequence.end();
  }
}

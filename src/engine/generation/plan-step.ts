/**
 * The two halves of a plan: which rows decode in which runs, and which chunk is prefilled. Pure; `Scheduler` says who.
 */
import { coverDecoding } from './decode-windows.js';
import { nextChunkLength } from './prefill-chunks.js';
import type { Sequence } from './sequence.js';
import type { DecodeRun, PrefillChunk } from './step-plan.js';

/** A slot as a decode run would meet it. */
export interface SlotRow {
  /** The sequence that decodes in it, or null: idle, whoever owns it. */
  sequence: Sequence | null;
  decoding: boolean;
  /** Tokens that the slot's row holds. */
  tokens: number;
}

export function planDecode(rows: readonly SlotRow[], fewestRows: number): DecodeRun[] {
  return coverDecoding(rows, fewestRows).ranges.map(({ first, end }) => {
    const covered = rows.slice(first, end);
    return {
      window: {
        firstSlot: first,
        // An idle row writes behind what its slot holds, so nothing that must survive is touched.
        rows: covered.map(({ sequence, tokens }) => ({ token: sequence?.lastToken ?? 0, length: tokens })),
      },
      sequences: covered.map(({ sequence }) => sequence?.id ?? null),
    };
  });
}

export function planChunk(sequence: Sequence, chunkSize: number): PrefillChunk {
  const length = nextChunkLength(sequence.remaining, chunkSize);
  const start = sequence.filled;
  return {
    sequence: sequence.id,
    slot: sequence.slot!,
    tokens: sequence.promptIds.subarray(start, start + length),
    pastLength: start,
    last: length === sequence.remaining,
  };
}

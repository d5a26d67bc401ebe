import { describe, expect, it } from 'vitest';
import type { Decoder, DecodeWindow } from './decoder.js';
import { fewestAgreeingRows } from './row-agreement.js';

/** A decoder whose logits are `logitOf(row, rows)`, off by whatever its kernels do. */
function decoder(slots: number, logitOf: (row: number, rows: number) => number): Decoder {
  return {
    slots,
    capacity: 8,
    vocabSize: 2,
    prefill: () => Promise.reject(new Error('not asked for')),
    decode: ({ rows }: DecodeWindow) =>
      Promise.resolve(Float32Array.from(rows.flatMap((_, row) => [logitOf(row, rows.length), 1]))),
    dispose: () => undefined,
  };
}

describe('fewestAgreeingRows', () => {
  it.each<{ name: string; slots: number; logitOf: (row: number, rows: number) => number; fewest: number | null }>([
    { name: 'all agree', slots: 8, logitOf: () => 5, fewest: 1 },
    { name: 'one row has a kernel of its own', slots: 8, logitOf: (_, rows) => (rows === 1 ? 5.00001 : 5), fewest: 2 },
    { name: 'the same with two slots', slots: 2, logitOf: (_, rows) => (rows === 1 ? 5.00001 : 5), fewest: 2 },
    { name: 'a single slot has no company', slots: 1, logitOf: () => 5, fewest: 1 },
    { name: 'two rows differ as well', slots: 8, logitOf: (_, rows) => (rows <= 2 ? 5.00001 : 5), fewest: null },
    { name: 'the last of an odd number differs', slots: 7, logitOf: (row) => (row === 6 ? 5.00001 : 5), fewest: null },
  ])('$name: $fewest', async ({ slots, logitOf, fewest }) => {
    expect(await fewestAgreeingRows(decoder(slots, logitOf))).toBe(fewest);
  });

  it('compares bits: 0 and −0 are not the same', async () => {
    expect(await fewestAgreeingRows(decoder(4, (_, rows) => (rows === 1 ? -0 : 0)))).toBe(2);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextChunkLength, reusableTokens } from './prefill-chunks.js';

/** The lengths of all chunks of a prompt. */
function cut(promptTokens: number, chunkSize: number, cached = 0): number[] {
  const chunks: number[] = [];
  for (let done = cached; done < promptTokens; done += chunks.at(-1)!) {
    chunks.push(nextChunkLength(promptTokens - done, chunkSize));
  }
  return chunks;
}

describe('nextChunkLength', () => {
  it.each([
    { prompt: 1, size: 8, chunks: [1] },
    { prompt: 8, size: 8, chunks: [8] },
    { prompt: 9, size: 8, chunks: [7, 2] },
    { prompt: 10, size: 8, chunks: [8, 2] },
    { prompt: 3, size: 2, chunks: [3] },
    { prompt: 5, size: 2, chunks: [2, 3] },
    { prompt: 5, size: 1, chunks: [2, 3] },
    { prompt: 4, size: 3, chunks: [2, 2] },
  ])('cuts $prompt tokens by $size into $chunks', ({ prompt, size, chunks }) => {
    expect(cut(prompt, size)).toEqual(chunks);
  });

  it('never leaves or makes a chunk of one token, and stays within the size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 5000 }),
        fc.integer({ min: 1, max: 600 }),
        fc.nat(5000),
        (prompt, size, hit) => {
          const cached = reusableTokens(hit, prompt);
          const chunks = cut(prompt, size, cached);
          expect(chunks.reduce((a, b) => a + b, 0)).toBe(prompt - cached);
          expect(Math.min(...chunks)).toBeGreaterThanOrEqual(2);
          expect(Math.max(...chunks)).toBeLessThanOrEqual(Math.max(size, 3));
        },
      ),
    );
  });
});

describe('reusableTokens', () => {
  it('computes at least two tokens of the prompt again', () => {
    expect(reusableTokens(10, 40)).toBe(10);
    expect(reusableTokens(40, 40)).toBe(38);
    expect(reusableTokens(39, 40)).toBe(38);
    expect(reusableTokens(1, 1)).toBe(0);
  });
});

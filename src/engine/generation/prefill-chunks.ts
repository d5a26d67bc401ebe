/**
 * How a prompt is cut into chunks. Pure arithmetic over token counts; it knows no slots and no model.
 *
 * The rule behind it: a chunk of one token takes another kernel and changes bits (../spec/engine.md 8). So no chunk
 * has one token, except the only chunk of a one-token prompt, which is the same alone and in company.
 */

/** The fewest tokens that a chunk with a past may have. */
export const MIN_CHUNK = 2;

/**
 * Tokens of the next chunk.
 * @param remaining prompt tokens not yet prefilled, at least 1
 * @param chunkSize the most a chunk should have; below 2 counts as 2
 * @returns at most `chunkSize` tokens, but all three of a remaining three when `chunkSize` is 2
 */
export function nextChunkLength(remaining: number, chunkSize: number): number {
  const size = Math.max(chunkSize, MIN_CHUNK);
  if (remaining <= size) return remaining;
  if (remaining - size >= MIN_CHUNK) return size;
  return size > MIN_CHUNK ? size - 1 : remaining;
}

/** How much of a prompt may come from rows already cached: at least two tokens, or all, are computed again. */
export function reusableTokens(commonPrefix: number, promptTokens: number): number {
  return Math.max(0, Math.min(commonPrefix, promptTokens - MIN_CHUNK));
}

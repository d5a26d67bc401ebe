/**
 * What of a request had no effect: fields the schema does not know, and fields it accepts for compatibility only.
 * They are told in one reply header, so that nothing is dropped without a word.
 *
 * Unknown fields are found by comparison: a schema's output lacks exactly what it did not know.
 */
import { ChatCompletionRequest } from './chat-request.js';
import { supportTable } from './field-support.js';

export const IGNORED_HEADER = 'x-ignored-parameters';

const MAX_NAMES = 32;
const MAX_NAME = 64;

/** A stream has no place to echo metadata; these two entries have an effect all the same. */
const METADATA_READ = ['top_k', 'random_seed'];

const noOps = [...supportTable(ChatCompletionRequest)]
  .filter(([, support]) => support === 'no_op')
  .map(([path]) => path);

/**
 * @param sent the body as it came
 * @param known the schema's output for it
 * @returns dotted paths, `*` for any place in an array; each once; not all of them when there are very many
 */
export function ignoredParameters(sent: unknown, known: ChatCompletionRequest): string[] {
  const found = new Set<string>();
  collectUnknown(sent, known, '', found);
  for (const path of noOps) if (isGiven(known, path)) found.add(path);
  if (isGiven(known, 'max_completion_tokens') && isGiven(known, 'max_tokens')) found.add('max_tokens');
  if (known.stream && known.metadata && !METADATA_READ.some((key) => isGiven(known.metadata, key))) {
    found.add('metadata');
  }
  return [...found];
}

/** Names come from the caller: only plain characters, bounded in length and number. Null: nothing to tell. */
export function ignoredHeader(paths: readonly string[]): string | null {
  if (paths.length === 0) return null;
  const names = paths.slice(0, MAX_NAMES).map((path) => path.slice(0, MAX_NAME).replace(/[^\w.*-]/g, '_'));
  if (paths.length > MAX_NAMES) names.push('and-more');
  return names.join(', ');
}

/** Depth is bounded by the schema: where it takes a value whole, both sides are the same value. */
function collectUnknown(sent: unknown, known: unknown, path: string, found: Set<string>): void {
  if (found.size > MAX_NAMES) return;
  if (sent === known || typeof sent !== 'object' || sent === null || typeof known !== 'object' || known === null)
    return;
  if (Array.isArray(sent)) {
    for (const [index, element] of sent.entries()) {
      collectUnknown(element, (known as unknown[])[index], `${path}*.`, found);
    }
    return;
  }
  for (const [key, value] of Object.entries(sent)) {
    if (found.size > MAX_NAMES) return;
    if (value === null) continue;
    if (Object.hasOwn(known, key)) {
      collectUnknown(value, (known as Record<string, unknown>)[key], `${path}${key}.`, found);
    } else {
      found.add(`${path}${key}`);
    }
  }
}

function isGiven(body: unknown, path: string): boolean {
  let value = body;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null) return false;
    value = (value as Record<string, unknown>)[key];
  }
  return value !== null && value !== undefined;
}

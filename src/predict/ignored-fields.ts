/** Fields of a request that are known to nobody here: told in a reply header, so that nothing is dropped without a word. */
import { PredictItem, PredictRequest } from './predict-request.js';
import { isObject } from './value-from-json.js';

export const IGNORED_HEADER = 'x-ignored-parameters';

const MAX_NAMES = 32;
const MAX_NAME = 64;

/** Names come from the caller: only plain characters, bounded in length and number. Null: nothing to tell. */
export function ignoredHeader(sent: unknown): string | null {
  if (!isObject(sent)) return null;
  const found = new Set(unknownKeys(sent, PredictRequest.shape));
  for (const item of Array.isArray(sent['items']) ? (sent['items'] as unknown[]) : []) {
    if (isObject(item)) for (const key of unknownKeys(item, PredictItem.shape)) found.add(`items.*.${key}`);
    if (found.size > MAX_NAMES) break;
  }
  if (found.size === 0) return null;
  const names = [...found].slice(0, MAX_NAMES).map((name) => name.slice(0, MAX_NAME).replace(/[^\w.*-]/g, '_'));
  if (found.size > MAX_NAMES) names.push('and-more');
  return names.join(', ');
}

function unknownKeys(value: Record<string, unknown>, shape: object): string[] {
  return Object.keys(value).filter((key) => !Object.hasOwn(shape, key));
}

/**
 * Decides which one verifier judges a credential: by its form and the modes that are on, never by trying one after the other.
 */
import { parseJsonObject } from './json-web-token.js';
import type { Presented } from './credentials.js';
import { Refusal } from './refusal.js';

export type Method = 'api_key' | 'entra';

export interface Modes {
  apiKey: boolean;
  entra: boolean;
}

/** What the operator hands out, and what rotation makes of it. */
const KEY_FORM = /^(?:fndry-(?:pk|sk)-|[0-9a-f]{64}$)/i;
const SEGMENT = /^[\w-]+$/;

/**
 * @param isStoredKey whether the value is one of the stored keys; asked first, so that a key of any form works as Bearer
 * @throws Refusal `invalid_api_key` for something in key form while keys are off
 */
export function chooseMethod(presented: Presented, modes: Modes, isStoredKey: (value: string) => boolean): Method {
  const isKey = presented.kind === 'key' || KEY_FORM.test(presented.value);
  if (!modes.apiKey) {
    if (isKey) throw new Refusal('invalid_api_key', 'API keys are off');
    return 'entra';
  }
  if (!modes.entra || isKey || isStoredKey(presented.value)) return 'api_key';
  return hasTokenForm(presented.value) ? 'entra' : 'api_key';
}

/** Three segments with a header that names an algorithm, or five (encrypted; the verifier refuses those). */
function hasTokenForm(value: string): boolean {
  const segments = value.split('.');
  if (segments.length === 5) return true;
  if (segments.length !== 3 || !segments.every((segment) => SEGMENT.test(segment))) return false;
  const header = parseJsonObject(segments[0]);
  return header !== null && 'alg' in header;
}

/**
 * Finds the one credential among a request's header lines. It does not know what makes a credential valid.
 *
 * It reads the raw lines: Node keeps the first of several `Authorization` lines silently and joins several `api-key`
 * lines with commas, so the parsed headers cannot show that something was sent twice.
 */
import { Refusal } from './refusal.js';

/** `key`: from a header that only ever holds an API key. `bearer`: a key or a token. */
export interface Presented {
  kind: 'key' | 'bearer';
  value: string;
}

type Found = Presented | { kind: 'other' };

/** RFC 9110 11.4: the scheme in any case, then one or more spaces; what follows is judged as a whole, never split. */
const BEARER = /^bearer(?: +(.*))?$/is;

/**
 * @param rawHeaders name, value, name, value, … as they came
 * @throws Refusal `missing_credentials` or `ambiguous_auth`
 */
export function presentedCredential(rawHeaders: readonly string[]): Presented {
  const found: Found[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const one = readLine(rawHeaders[i].toLowerCase(), rawHeaders[i + 1].trim());
    if (one !== null) found.push(one);
  }
  const [only] = found;
  if (found.length > 1) throw new Refusal('ambiguous_auth', 'more than one credential');
  if (only === undefined) throw new Refusal('missing_credentials', 'no credential');
  if (only.kind === 'other') throw new Refusal('missing_credentials', 'not a Bearer credential');
  return only;
}

/** An empty header is no credential. `Authorization` with another scheme is one, though none that we read. */
function readLine(name: string, value: string): Found | null {
  if (value === '') return null;
  if (name === 'api-key' || name === 'x-api-key') return { kind: 'key', value };
  if (name !== 'authorization') return null;
  const match = BEARER.exec(value);
  if (!match) return { kind: 'other' };
  const rest = match[1] ?? '';
  return rest === '' ? null : { kind: 'bearer', value: rest };
}

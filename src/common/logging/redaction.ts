/**
 * Takes credentials out of what is about to be logged. Nothing in the service means to log one; this is for the day
 * when an error message or a library does.
 *
 * It knows shapes, not values: header and field names with their values, bearer tokens, keys of the service's own form,
 * JSON Web Tokens. It works on text and on serialized JSON alike: it never touches a quote or a backslash.
 */

/** Property names whose values are masked at any depth of a logged object. */
export const SECRET_FIELDS = [
  'authorization',
  'proxy-authorization',
  'api-key',
  'x-api-key',
  'cookie',
  'set-cookie',
  'access_token',
  'id_token',
  'refresh_token',
  'client_secret',
  'client_assertion',
  'token',
  'password',
];

const MASK = '[REDACTED]';

/** The line a person is meant to paste holds a key on purpose; nothing else is let through. */
const NOT_TO_PASTE = String.raw`(?<!curl [^\n]{0,300}-H \\?"Authorization: (?:Bearer )?)`;
const RULES: [pattern: RegExp, replacement: string][] = [
  // Three base64url parts, of which the first is a JSON object: it begins with `{"`.
  [/\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g, MASK],
  [new RegExp(String.raw`${NOT_TO_PASTE}\bfndry-[ps]k-[\w-]+`, 'gi'), MASK],
  [new RegExp(String.raw`${NOT_TO_PASTE}\b(bearer|basic) +[\w.~+/=-]{8,}`, 'gi'), `$1 ${MASK}`],
  [/\b((?:set-)?cookie["']?\s*[:=]\s*["']?)[^"'\\\n]+/gi, `$1${MASK}`],
  [
    /\b(((?:x-)?api-key|(?:access|id|refresh)_token|client_(?:secret|assertion)|password)["']?\s*[:=]\s*["']?)[^\s"'\\,;&}]+/gi,
    `$1${MASK}`,
  ],
];

export function withoutSecrets(text: string): string {
  return RULES.reduce((masked, [pattern, replacement]) => masked.replace(pattern, replacement), text);
}

/** A value as an error message shows it: its type and enough of it to be recognised, never more than a line. */

const MAX_EXCERPT = 40;

export function describeValue(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  switch (typeof value) {
    case 'string':
      return excerpt(value);
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'object':
      return 'an object';
    default:
      return 'nothing';
  }
}

/** Quoted and escaped, so that a caller's line breaks stay inside the message. */
function excerpt(text: string): string {
  return text.length <= MAX_EXCERPT ? JSON.stringify(text) : `${JSON.stringify(text.slice(0, MAX_EXCERPT))}…`;
}

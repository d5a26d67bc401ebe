/**
 * Makes a line of log safe to print: whatever a caller managed to get into it, it stays one record and moves no cursor.
 */

// Terminal controls, and what some readers take for a line end: C0 without tab and newline, DEL, C1, U+2028, U+2029.
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g;
const CONTINUATION = '\n    ';

/** For a terminal: controls become visible, and further lines are indented so that none can pass for a record. */
export function safeText(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(CONTROLS, visible).replaceAll('\n', CONTINUATION);
}

/** For a JSON record: `JSON.stringify` has escaped C0; the rest is escaped the same way, and the value stays the same. */
export function safeJson(json: string): string {
  return json.replace(CONTROLS, visible);
}

function visible(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

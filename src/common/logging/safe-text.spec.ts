import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safeJson, safeText } from './safe-text.js';

// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/;
const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\n', '\r', '\r\n', '\t', '\u001b[2J', '\u009b31m', '\u0007', '\u2028', '\u2029', '\0', '"', '\\'),
    fc.string({ unit: 'binary', maxLength: 3 }),
  ),
});

describe('safeText', () => {
  it('shows controls instead of obeying them', () => {
    expect(safeText('\u001b[31mred\u0007\u009b0m')).toBe('\\u001b[31mred\\u0007\\u009b0m');
  });

  it('indents further lines, so that a forged record is seen to be part of this one', () => {
    expect(safeText('a\n[Ingot] 1 - ERROR forged\r\nb')).toBe('a\n    [Ingot] 1 - ERROR forged\n    b');
  });

  it('prints no control and no line that begins like a record, whatever comes', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const [, ...further] = safeText(text).split('\n');
        expect(safeText(text).replaceAll('\t', '')).not.toMatch(CONTROLS);
        expect(further.every((line) => line.startsWith('    '))).toBe(true);
      }),
    );
  });
});

describe('safeJson', () => {
  it('keeps the value and prints one line without controls, whatever comes', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const json = safeJson(JSON.stringify({ text }));
        expect(json).not.toMatch(CONTROLS);
        expect(json).not.toContain('\n');
        expect(JSON.parse(json)).toEqual({ text });
      }),
    );
  });
});

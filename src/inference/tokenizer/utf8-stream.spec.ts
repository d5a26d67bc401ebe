import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Utf8Stream } from './utf8-stream.js';

/** Bytes around every border of the table of well-formed sequences. */
const byte = fc.oneof(
  fc.integer({ min: 0, max: 255 }),
  fc.constantFrom(0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf),
  fc.constantFrom(0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff),
);
const portions = fc.array(
  fc.array(byte, { maxLength: 5 }).map((bytes) => Uint8Array.from(bytes)),
  { maxLength: 12 },
);

describe('Utf8Stream', () => {
  it('reads any bytes in any portions as the standard decoder reads them at once', () => {
    const standard = new TextDecoder('utf-8', { ignoreBOM: true });
    fc.assert(
      fc.property(portions, (parts) => {
        const stream = new Utf8Stream();
        const text = parts.map((bytes) => stream.push(bytes)).join('') + stream.end();
        expect(text).toBe(standard.decode(Buffer.concat(parts)));
      }),
      { numRuns: 2000 },
    );
  });

  it('holds back no more than an unfinished character', () => {
    fc.assert(
      fc.property(portions, (parts) => {
        const stream = new Utf8Stream();
        const fromStandard = new TextDecoder('utf-8', { ignoreBOM: true });
        for (const bytes of parts) expect(stream.push(bytes)).toBe(fromStandard.decode(bytes, { stream: true }));
      }),
      { numRuns: 2000 },
    );
  });

  it('is ready for a next text after its end', () => {
    const stream = new Utf8Stream();
    stream.push(Uint8Array.of(0xf0, 0x9f));
    expect(stream.end()).toBe('\uFFFD');
    expect(stream.push(Buffer.from('a'))).toBe('a');
  });

  it('does not depend on the memory it was given', () => {
    const stream = new Utf8Stream();
    const bytes = Uint8Array.of(0xe6, 0xbc);
    stream.push(bytes);
    bytes.fill(0);
    expect(stream.push(Uint8Array.of(0xa2))).toBe('漢');
  });
});

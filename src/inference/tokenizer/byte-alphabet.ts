/**
 * The alphabet in which byte-level tokenizers write bytes (GPT-2, 2019): a printable byte of Latin-1 is its own
 * character, and the others, in order, are U+0100, U+0101, … so that no token holds a space or a control character.
 */
const byteOf = new Map<string, number>();

for (let byte = 0, next = 0x100; byte < 256; byte += 1) {
  const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  byteOf.set(String.fromCodePoint(printable ? byte : next++), byte);
}

/** @returns null when a character is outside the alphabet: the token is then ordinary text */
export function byteLevelBytes(token: string): Uint8Array | null {
  const bytes: number[] = [];
  for (const character of token) {
    const byte = byteOf.get(character);
    if (byte === undefined) return null;
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

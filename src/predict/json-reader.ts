/**
 * JSON text → value, in turns, for bodies of many megabytes: `JSON.parse` would hold the main thread until it is done.
 *
 * It accepts exactly what `JSON.parse` accepts, with these differences: whole numbers that a double cannot hold become
 * `bigint` up to the width of 64 bits; nesting and the number of containers are bounded; a key `__proto__` is refused;
 * malformed UTF-8 is refused. It calls itself nowhere: depth costs heap, not stack. It knows nothing of tensors.
 */
import { isUtf8 } from 'node:buffer';
import { AppError } from '../common/errors/app-error.js';
import { readNumber, type NumberToken } from './json-number.js';
import type { Pace } from './pace.js';

/** Objects and arrays inside one another. */
const MAX_DEPTH = 64;
/** Each costs some 60 bytes on the heap, where its text may have two. */
const MAX_CONTAINERS = 2_000_000;
/** Steps between two looks at the clock. */
const STEPS = 2048;
/** Characters of one string between two looks at the clock. */
const STRING_STRIDE = 1 << 20;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const FIRST_PRINTABLE = 0x20;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

const WORDS: [text: string, value: boolean | null][] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

/** What the text is called in an error, and the request field it stands in. */
export interface JsonSubject {
  name: string;
  param: string | null;
}

/**
 * @param bytes UTF-8, with or without a byte order mark
 * @throws AppError `invalid_json` that names the place; `invalid_value` for what is well-formed and too deep or too much
 */
export async function readJson(bytes: Uint8Array, subject: JsonSubject, pace: Pace): Promise<unknown> {
  const reader = new JsonReader(bytes, subject);
  while (!reader.advance(pace)) await pace.rest();
  return reader.result;
}

type Container = unknown[] | Record<string, unknown>;
type Expectation = 'value' | 'value or ]' | 'key or }' | 'key' | ', or ]' | ', or }' | 'end';

class JsonReader {
  private readonly bytes: Buffer;
  /** The same, a character per byte: cutting pieces out of a string costs less than decoding them. */
  private readonly characters: string;
  private at: number;
  private expected: Expectation = 'value';
  /** The container that is being filled, and those around it. */
  private open: Container | null = null;
  private readonly around: Container[] = [];
  /** Keys whose values are being read, one per object around. */
  private readonly keys: string[] = [];
  private containers = 0;
  /** Where the search for the end of a string goes on after a turn; -1: no string is being read. */
  private stringFrom = -1;
  private stringIsPlain = true;
  private readonly number: NumberToken = { value: 0, end: 0 };
  result: unknown = undefined;

  constructor(
    bytes: Uint8Array,
    private readonly subject: JsonSubject,
  ) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (!isUtf8(this.bytes)) throw this.malformed('it is not UTF-8');
    this.characters = this.bytes.toString('latin1');
    this.at = BYTE_ORDER_MARK.every((byte, index) => bytes[index] === byte) ? BYTE_ORDER_MARK.length : 0;
  }

  /** Reads until a turn is over. @returns whether the whole text has been read */
  advance(pace: Pace): boolean {
    for (;;) {
      for (let step = 0; step < STEPS; step++) {
        if (this.stringFrom < 0) {
          this.skipSpace();
          if (this.at >= this.bytes.length) return this.finish();
        }
        if (!this.step()) break;
      }
      if (pace.isDue) return false;
    }
  }

  /** One token. @returns false in the middle of a long string */
  private step(): boolean {
    const byte = this.bytes[this.at];
    switch (this.expected) {
      case 'value or ]':
        if (byte === CLOSE_ARRAY) return this.close();
        return this.value(byte);
      case 'value':
        return this.value(byte);
      case 'key or }':
        if (byte === CLOSE_OBJECT) return this.close();
        return this.key(byte);
      case 'key':
        return this.key(byte);
      case ', or ]':
        if (byte === CLOSE_ARRAY) return this.close();
        if (byte !== COMMA) throw this.unexpected();
        return this.skip('value');
      case ', or }':
        if (byte === CLOSE_OBJECT) return this.close();
        if (byte !== COMMA) throw this.unexpected();
        return this.skip('key');
      default:
        throw this.unexpected();
    }
  }

  private value(byte: number): boolean {
    if (byte === QUOTE) {
      const text = this.string();
      if (text === null) return false;
      return this.settle(text);
    }
    if (byte === OPEN_ARRAY) return this.enter([], 'value or ]');
    if (byte === OPEN_OBJECT) return this.enter({}, 'key or }');
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
      if (!readNumber(this.bytes, this.characters, this.at, this.number)) throw this.unexpected(this.number.end);
      this.at = this.number.end;
      return this.settle(this.number.value);
    }
    for (const [word, value] of WORDS) {
      if (byte !== word.charCodeAt(0) || !this.characters.startsWith(word, this.at)) continue;
      this.at += word.length;
      return this.settle(value);
    }
    throw this.unexpected();
  }

  private key(byte: number): boolean {
    if (byte !== QUOTE) throw this.unexpected();
    const text = this.string();
    if (text === null) return false;
    if (text === '__proto__') throw this.refused('the key "__proto__" is not allowed');
    this.skipSpace();
    if (this.bytes[this.at] !== COLON) throw this.unexpected();
    this.keys.push(text);
    return this.skip('value');
  }

  private skip(next: Expectation): true {
    this.at += 1;
    this.expected = next;
    return true;
  }

  private enter(container: Container, next: Expectation): true {
    this.containers += 1;
    if (this.containers > MAX_CONTAINERS) throw this.refused(`more than ${MAX_CONTAINERS} arrays and objects`);
    if (this.open !== null) this.around.push(this.open);
    if (this.around.length >= MAX_DEPTH) throw this.refused(`nested deeper than ${MAX_DEPTH} levels`);
    this.open = container;
    return this.skip(next);
  }

  private close(): true {
    const closed = this.open;
    this.open = this.around.pop() ?? null;
    this.at += 1;
    return this.settle(closed);
  }

  /** Puts a finished value where it belongs. */
  private settle(value: unknown): true {
    const { open } = this;
    if (open === null) {
      this.result = value;
      this.expected = 'end';
    } else if (Array.isArray(open)) {
      open.push(value);
      this.expected = ', or ]';
    } else {
      open[this.keys.pop()!] = value;
      this.expected = ', or }';
    }
    return true;
  }

  /** The string that starts at `at`. @returns null when the turn should be given up before its end is found */
  private string(): string | null {
    const { bytes } = this;
    let end = this.stringFrom < 0 ? this.at + 1 : this.stringFrom;
    let plain = this.stringFrom < 0 || this.stringIsPlain;
    const stop = Math.min(bytes.length, end + STRING_STRIDE);
    while (end < stop) {
      const byte = bytes[end];
      if (byte === QUOTE) return this.text(end, plain);
      if (byte === BACKSLASH) {
        plain = false;
        end += 1;
      } else if (byte < FIRST_PRINTABLE) {
        throw this.unexpected(end);
      } else if (byte > 0x7f) {
        plain = false;
      }
      end += 1;
    }
    if (end >= bytes.length) throw this.malformed('it ends inside a string');
    this.stringFrom = end;
    this.stringIsPlain = plain;
    return null;
  }

  private text(end: number, plain: boolean): string {
    const start = this.at;
    this.at = end + 1;
    this.stringFrom = -1;
    if (plain) return this.characters.slice(start + 1, end);
    try {
      return JSON.parse(this.bytes.toString('utf8', start, end + 1)) as string;
    } catch {
      throw this.malformed(`a string has a malformed escape after byte ${start}`);
    }
  }

  private skipSpace(): void {
    const { bytes } = this;
    let { at } = this;
    while (at < bytes.length) {
      const byte = bytes[at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
      at += 1;
    }
    this.at = at;
  }

  private finish(): true {
    if (this.expected === 'end') return true;
    throw this.malformed(this.result === undefined && this.open === null ? 'it is empty' : 'it ends too early');
  }

  private unexpected(at = this.at): AppError {
    if (at >= this.bytes.length) return this.malformed('it ends too early');
    const byte = this.bytes[at];
    const shown = byte > 0x20 && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `0x${byte.toString(16)}`;
    return this.malformed(`unexpected ${shown} at byte ${at}`);
  }

  private malformed(reason: string): AppError {
    return new AppError('invalid_json', `${this.subject.name} is not valid JSON: ${reason}.`, this.details);
  }

  private refused(reason: string): AppError {
    return new AppError('invalid_value', `${this.subject.name}: ${reason}.`, this.details);
  }

  private get details(): { param?: string } {
    return this.subject.param === null ? {} : { param: this.subject.param };
  }
}

/**
 * Walks the fields of a protobuf message in a file of any size without reading what is not asked for: a window moves
 * over the file, and long fields (weights) are stepped over.
 *
 * Wire format: protobuf "Encoding" page. It knows no message type.
 */
import { readSync } from 'node:fs';

const WINDOW_BYTES = 64 * 1024;

export type Field =
  | { number: number; kind: 'varint'; value: number }
  /** `[start, end)` in the file. */
  | { number: number; kind: 'bytes'; start: number; end: number }
  | { number: number; kind: 'fixed' };

/** The bytes are no protobuf, or end too early. */
export class MalformedProtobuf extends Error {
  /**
   * @param cutOff whether the bytes are right as far as they go
   * @param at place of the fault; when cut off, bytes that the message would need at least
   */
  constructor(
    readonly cutOff: boolean,
    readonly at: number,
  ) {
    super(`${cutOff ? 'ends too early' : 'is no protobuf'} at byte ${at}`);
  }
}

export class ProtobufFile {
  private readonly window = Buffer.alloc(WINDOW_BYTES);
  private windowFrom = 0;
  private windowTo = 0;

  /** @param descriptor of an open file; stays open */
  constructor(
    private readonly descriptor: number,
    readonly sizeBytes: number,
  ) {}

  /** @throws MalformedProtobuf */
  *fields(start: number, end: number): Generator<Field> {
    let at = start;
    while (at < end) {
      const tag = this.varint(at, end);
      const number = Math.floor(tag.value / 8);
      if (number === 0) throw new MalformedProtobuf(false, at);
      at = tag.next;
      switch (tag.value % 8) {
        case 0: {
          const { value, next } = this.varint(at, end);
          at = next;
          yield { number, kind: 'varint', value };
          break;
        }
        case 1:
        case 5:
          at += tag.value % 8 === 1 ? 8 : 4;
          if (at > end) throw new MalformedProtobuf(true, at);
          yield { number, kind: 'fixed' };
          break;
        case 2: {
          const { value: length, next } = this.varint(at, end);
          at = next + length;
          if (at > end) throw new MalformedProtobuf(true, at);
          yield { number, kind: 'bytes', start: next, end: at };
          break;
        }
        default:
          throw new MalformedProtobuf(false, at);
      }
    }
  }

  text(start: number, end: number): string {
    const bytes = Buffer.alloc(end - start);
    readSync(this.descriptor, bytes, 0, bytes.length, start);
    return bytes.toString('utf8');
  }

  /** Values above 2^53 lose digits; negative numbers come out huge. Neither is a length or an offset in a real file. */
  varint(start: number, end: number): { value: number; next: number } {
    let value = 0;
    let scale = 1;
    for (let at = start; at < start + 10; at += 1) {
      if (at >= end) throw new MalformedProtobuf(true, at + 1);
      const byte = this.byte(at);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return { value, next: at + 1 };
      scale *= 128;
    }
    throw new MalformedProtobuf(false, start);
  }

  private byte(at: number): number {
    if (at < this.windowFrom || at >= this.windowTo) {
      this.windowFrom = at;
      this.windowTo = at + readSync(this.descriptor, this.window, 0, WINDOW_BYTES, at);
      if (at >= this.windowTo) throw new MalformedProtobuf(true, at);
    }
    return this.window[at - this.windowFrom];
  }
}

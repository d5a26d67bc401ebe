/**
 * Where API keys come from: two files that the operator may change at any time, or one key made for this run.
 *
 * It does not know what the keys are for, and keeps none.
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

export const SLOTS = ['primary', 'secondary'] as const;
export type Slot = (typeof SLOTS)[number];

/** One look at one slot. `disabled`: the operator left it empty. `unusable`: there is something, but no key. */
export type SlotReading =
  | { state: 'key'; value: string }
  | { state: 'disabled' }
  | { state: 'missing' }
  | { state: 'unusable'; why: string };

export type SlotReadings = Readonly<Record<Slot, SlotReading>>;

export interface KeySource {
  read(): Promise<SlotReadings>;
  /** The key that was made here, for the one who started the service; null when keys come from elsewhere. */
  readonly generatedKey: string | null;
}

/** A key is shorter; white space around it is allowed. */
const MAX_FILE_BYTES = 4096;
export const MAX_KEY_CHARS = 512;
export const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

export function fileKeySource(folder: string): KeySource {
  const readSlot = (slot: Slot) => readKeyFile(join(folder, `${slot}-key`));
  return {
    generatedKey: null,
    async read() {
      const [primary, secondary] = await Promise.all([readSlot('primary'), readSlot('secondary')]);
      return { primary, secondary };
    },
  };
}

export function generatedKeySource(): KeySource {
  const generatedKey = `fndry-pk-${randomUUID()}`;
  return {
    generatedKey,
    read: () => Promise.resolve({ primary: { state: 'key', value: generatedKey }, secondary: { state: 'disabled' } }),
  };
}

/** Never throws, never waits for a pipe's writer, and never reads more than a key file may hold. */
async function readKeyFile(path: string): Promise<SlotReading> {
  let file: FileHandle | null = null;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!(await file.stat()).isFile()) return { state: 'unusable', why: 'it is not a file' };
    const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_FILE_BYTES + 1), 0, MAX_FILE_BYTES + 1, 0);
    return interpretKeyFile(buffer.subarray(0, bytesRead));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return code === 'ENOENT' || code === 'ENOTDIR' ? { state: 'missing' } : { state: 'unusable', why: code };
  } finally {
    await file?.close().catch(() => undefined);
  }
}

/** The content of a key file, cut off one byte after the largest size allowed. */
export function interpretKeyFile(content: Buffer): SlotReading {
  if (content.length > MAX_FILE_BYTES) return { state: 'unusable', why: `it is larger than ${MAX_FILE_BYTES} bytes` };
  const value = content.toString('latin1').trim();
  if (value === '') return { state: 'disabled' };
  if (!VISIBLE_ASCII.test(value)) return { state: 'unusable', why: 'it holds more than one line of visible ASCII' };
  if (value.length > MAX_KEY_CHARS) return { state: 'unusable', why: `its key is longer than ${MAX_KEY_CHARS}` };
  return { state: 'key', value };
}

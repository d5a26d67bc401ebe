/**
 * Keys as fixed-length digests: what is kept in memory and compared. The secret lives and dies with the process, so a
 * digest in a log or a dump cannot be tried against guesses.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const secret = randomBytes(32);

/** 32 bytes, whatever the length of the value. */
export function digestOf(value: string): Buffer {
  return createHmac('sha256', secret).update(value, 'latin1').digest();
}

/** In a time that depends on neither. */
export function sameDigest(a: Buffer, b: Buffer): boolean {
  return timingSafeEqual(a, b);
}

/** Eight hexadecimal digits: enough to tell one key from the next in a log. */
export function fingerprint(digest: Buffer): string {
  return digest.toString('hex', 0, 4);
}

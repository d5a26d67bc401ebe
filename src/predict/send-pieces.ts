/** A JSON answer that comes in pieces, sent in turns and no faster than its reader takes it. It does not know what it says. */
import type { Response } from 'express';
import { once } from 'node:events';
import { Pace } from './pace.js';

/** Characters sent between two looks at the clock. */
const STRIDE = 1 << 18;

/** Ends early, without an error, when the signal fires: the client left, or its answer took too long to take. */
export async function sendPieces(response: Response, pieces: readonly string[], signal: AbortSignal): Promise<void> {
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.setHeader('content-length', await byteLength(pieces));
  const pace = new Pace();
  for (const piece of gathered(pieces)) {
    if (signal.aborted) {
      response.destroy();
      return;
    }
    if (!response.write(piece)) await once(response, 'drain', { signal }).catch(() => undefined);
    if (pace.isDue) await pace.rest();
  }
  response.end();
}

async function byteLength(pieces: readonly string[]): Promise<number> {
  const pace = new Pace();
  let length = 0;
  for (const piece of pieces) {
    length += Buffer.byteLength(piece);
    if (pace.isDue) await pace.rest();
  }
  return length;
}

/** Small pieces together, so that a small answer is one write. */
function* gathered(pieces: readonly string[]): Generator<string> {
  let text = '';
  for (const piece of pieces) {
    text += piece;
    if (text.length < STRIDE) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}

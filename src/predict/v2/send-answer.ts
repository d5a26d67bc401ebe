/** Answers put on the wire. */
import type { Response } from 'express';
import { JSON_LENGTH_HEADER } from './infer-body.js';
import type { InferBytes } from './write-infer.js';

export function sendInfer(response: Response, { pieces, jsonLength }: InferBytes): void {
  response.setHeader('content-type', jsonLength === null ? 'application/json' : 'application/octet-stream');
  response.setHeader(
    'content-length',
    pieces.reduce((sum, piece) => sum + piece.length, 0),
  );
  if (jsonLength !== null) response.setHeader(JSON_LENGTH_HEADER, jsonLength);
  for (const piece of pieces) response.write(piece);
  response.end();
}

export function sendReadiness(response: Response, ready: boolean): void {
  response.status(ready ? 200 : 503).json({ ready });
}

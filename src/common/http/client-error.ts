/**
 * Answers what Node's parser refuses before there is a request: malformed lines, too large headers, headers that never
 * end. Without it the peer gets a bare status line, or nothing.
 *
 * It does not know routes or credentials.
 */
import { STATUS_CODES, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { AppError } from '../errors/app-error.js';
import { errorBody, errorHeaders, errorStatus } from '../errors/error-body.js';

/** Told the status of each such answer. */
export type ClientErrorObserver = (status: number) => void;

export function answerClientErrors(server: Server, observe: ClientErrorObserver = () => undefined): void {
  server.on('clientError', (fault: NodeJS.ErrnoException, socket) => {
    if (fault.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
      socket.destroy();
      return;
    }
    const error = describeFault(fault.code);
    observe(errorStatus(error));
    // The peer may still be sending: what it sends after this is not read.
    socket.end(rawAnswer(error), () => socket.destroy());
  });
}

/** A response is under way: bytes of another one inside it would be read as its content. */
function isAnswering(socket: Duplex): boolean {
  const { _httpMessage: response } = socket as Duplex & { _httpMessage?: ServerResponse | null };
  return response?.headersSent === true;
}

function describeFault(code: string | undefined): AppError {
  if (code === 'HPE_HEADER_OVERFLOW') return new AppError('headers_too_large', 'The request headers are too large.');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new AppError('deadline_exceeded', 'The request was not complete in time.');
  }
  return new AppError('bad_request', 'The request is not well-formed HTTP.');
}

function rawAnswer(error: AppError): string {
  const status = errorStatus(error);
  const body = JSON.stringify(errorBody(error));
  const headers = {
    ...errorHeaders(error),
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'x-content-type-options': 'nosniff',
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`;
}

/**
 * Answers what Node refuses before there is a request for us: malformed lines, too large headers, headers that never
 * end, no `Host`, an unknown `Expect`. Without it the peer gets a bare status line.
 *
 * It does not know routes or credentials.
 */
import { STATUS_CODES, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { AppError } from '../errors/app-error.js';
import { errorBody, errorHeaders, errorStatus } from '../errors/error-body.js';

/** Told the status of each such answer. */
export type ClientErrorObserver = (status: number) => void;

/** To be called when the server has its request listener: requests pass through here on their way to it. */
export function answerClientErrors(server: Server, observe: ClientErrorObserver = () => undefined): void {
  requireHost(server, observe);
  // RFC 9110 10.1.1 lets an unknown expectation be ignored: the request is judged like any other.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('clientError', (fault: NodeJS.ErrnoException, socket) => {
    if (fault.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
      socket.destroy();
      return;
    }
    const error = describeFault(fault.code);
    observe(errorStatus(error));
    answerAndClose(socket, error);
  });
}

/** RFC 9112 3.2. Node has the same rule, on by default, and an answer without a body. */
function requireHost(server: Server, observe: ClientErrorObserver): void {
  (server as Server & { requireHostHeader: boolean }).requireHostHeader = false;
  const listeners = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response) => {
    if (request.headers.host === undefined && request.httpVersion === '1.1') {
      const error = new AppError('bad_request', 'The request names no Host.');
      const { status, headers, body } = closingAnswer(error);
      observe(status);
      // Not on the socket: an earlier request on this connection may still be being answered.
      response.writeHead(status, headers).end(body);
      return;
    }
    for (const listener of listeners) listener(request, response);
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

/** The peer may still be sending: what it sends after this is not read. */
function answerAndClose(socket: Duplex, error: AppError): void {
  socket.end(rawAnswer(error), () => socket.destroy());
}

function rawAnswer(error: AppError): string {
  const { status, headers, body } = closingAnswer(error);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`;
}

function closingAnswer(error: AppError): { status: number; headers: Record<string, string>; body: string } {
  const body = JSON.stringify(errorBody(error));
  const headers = {
    ...errorHeaders(error),
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'x-content-type-options': 'nosniff',
    connection: 'close',
  };
  return { status: errorStatus(error), headers, body };
}

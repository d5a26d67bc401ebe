/**
 * Requests as they are, without a client library's manners: headers in order and repeated, or bytes on a socket.
 */
import { request } from 'node:http';
import { connect } from 'node:net';

export interface Call {
  method?: string;
  path?: string;
  /** A list keeps repeated names. */
  headers?: Record<string, string> | [name: string, value: string][];
  body?: string;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** The error's code, if it is one. */
  code: string | null;
  json: unknown;
}

let visitors = 0;

/** Each call seems to come from another address behind a local proxy, so that one case does not use up another's failures. */
export function call(port: number, { method = 'GET', path = '/health', headers = {}, body }: Call): Promise<Answer> {
  visitors += 1;
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
  const named = pairs.some(([name]) => name.toLowerCase() === 'x-forwarded-for');
  const all = named ? pairs : [...pairs, ['X-Forwarded-For', `10.1.${visitors >> 8}.${visitors & 255}`]];
  const length = body === undefined ? [] : [['content-length', String(Buffer.byteLength(body))]];
  const flat = ['Host', `127.0.0.1:${port}`, ...all.flat(), ...length.flat()];
  return new Promise((resolve, reject) => {
    const outgoing = request({ port, host: '127.0.0.1', method, path, headers: flat, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve(answerOf(response.statusCode ?? 0, response.headers, Buffer.concat(chunks).toString())),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Sends bytes, gives back all that comes until the server closes, or until `enough` is found. */
export function exchangeRaw(port: number, bytes: string, enough?: RegExp): Promise<{ text: string; closed: boolean }> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const finish = (closed: boolean) => {
      socket.destroy();
      resolve({ text, closed });
    };
    socket.setTimeout(10_000, () => finish(false));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (enough?.test(text)) finish(false);
    });
    socket.on('close', () => finish(true));
    socket.on('error', () => undefined);
    socket.write(Buffer.from(bytes, 'latin1'));
  });
}

function answerOf(status: number, headers: Answer['headers'], text: string): Answer {
  const json = parse(text);
  const code = (json as { error?: { code?: string } } | null)?.error?.code ?? null;
  return { status, headers, text, code, json };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

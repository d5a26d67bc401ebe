/**
 * What a service said to one request, in a form that a table can state: status, code, and everything that is wrong with
 * the way it was said. Pure but for the call itself.
 */
import { PK, SK, type AuthService } from './auth-service.js';
import { call, type Answer, type Call } from './http-exchange.js';

export interface Verdict {
  status: number;
  code: string | null;
  /** How a refusal fails to be one: of form, headers or discretion, or because a handler ran. */
  faults: string[];
}

export const granted: Verdict = { status: 200, code: null, faults: [] };

export const refused = (status: number, code: string): Verdict => ({ status, code, faults: [] });

export async function verdict(service: AuthService, request: Call): Promise<Verdict> {
  const before = service.calls;
  const answer = await call(service.port, request);
  const { status, code } = answer;
  if (code === null) return { status, code, faults: [] };
  const faults = refusalFaults(answer);
  if (service.calls !== before) faults.push('a handler ran');
  return { status, code, faults };
}

const CHALLENGE = /^Bearer realm="[\w-]+"(?:, error="(\w+)", error_description="[\w .,-]+")?$/;
const CHALLENGE_ERRORS: Record<string, string | undefined> = {
  ambiguous_auth: 'invalid_request',
  invalid_api_key: 'invalid_token',
  invalid_token: 'invalid_token',
  insufficient_permissions: 'insufficient_scope',
};

export function refusalFaults({ status, code, headers, json, text }: Answer): string[] {
  const faults: string[] = [];
  const demand = (holds: boolean, fault: string) => void (holds || faults.push(fault));
  const { error } = json as { error: Record<string, unknown> };
  demand(Object.keys(error).sort().join() === 'code,message,param,type', 'not the four members');
  demand(error['param'] === null, 'param is not null');
  demand(headers['content-type'] === 'application/json; charset=utf-8', 'not JSON');
  demand(headers['cache-control'] === 'no-store', 'may be stored');
  demand(headers['x-content-type-options'] === 'nosniff', 'may be sniffed');
  demand(typeof headers['x-request-id'] === 'string', 'no request id');
  demand(headers['x-powered-by'] === undefined && headers['server'] === undefined, 'names its software');
  demand(!/\bat .*:\d+:\d+/.test(text), 'shows a stack');
  for (const secret of [PK, SK]) demand(!text.includes(secret), 'shows a key');
  const challenge = headers['www-authenticate'];
  const found = typeof challenge === 'string' ? CHALLENGE.exec(challenge) : null;
  if (status >= 429) demand(challenge === undefined, 'a challenge where none belongs');
  else demand(found !== null && found[1] === CHALLENGE_ERRORS[code ?? ''], `challenge ${String(challenge)}`);
  if (status === 429 || status === 503) demand(/^[1-9]\d*$/.test(String(headers['retry-after'])), 'no Retry-After');
  return faults;
}

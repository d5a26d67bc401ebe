import type { Request } from 'express';
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.js';
import type { Principal } from '../common/http/principal.js';
import { AuditLog } from './audit-log.js';
import { AuthGate } from './auth-gate.js';
import { Authenticator } from './authenticator.js';
import { BURST, FailureLimiter } from './failure-limiter.js';
import { PublicPaths } from './public-paths.js';
import { Refusal } from './refusal.js';

const principal: Principal = { method: 'api_key', id: 'key:primary:1a2b3c4d' };

let asked: string[];
let counted: string[];
let lines: string[];
let gate: AuthGate;
beforeEach(() => {
  asked = [];
  counted = [];
  lines = [];
  const clock = new ManualClock();
  const keep = (message: string) => void lines.push(message);
  const authenticator = new Authenticator(
    { apiKey: true, entra: false },
    {
      isStoredKey: () => false,
      verify: (_, credential) => {
        asked.push(credential);
        if (credential === 'good') return Promise.resolve(principal);
        return Promise.reject(
          credential === 'bug' ? new Error('a bug') : new Refusal('invalid_api_key', 'neither slot'),
        );
      },
    },
  );
  gate = new AuthGate({
    authenticator,
    publicPaths: new PublicPaths(['/healthz'], false),
    limiter: new FailureLimiter(clock),
    audit: new AuditLog({ error: keep, warn: keep, log: keep, debug: keep }, clock),
    counter: { authDecided: (method, code) => void counted.push(`${method} ${code}`) },
  });
});

function request(key: string | null, path = '/health', principal?: Principal): Request {
  return {
    method: 'GET',
    originalUrl: path,
    headers: {},
    rawHeaders: key === null ? [] : ['api-key', key],
    socket: { remoteAddress: '10.0.0.1' },
    id: 'r1',
    ...(principal ? { principal } : {}),
  } as unknown as Request;
}

describe('AuthGate', () => {
  it('puts the principal on the request', async () => {
    const passing = request('good');
    await gate.admit(passing);
    expect(passing.principal).toBe(principal);
    expect(counted).toEqual(['api_key null']);
    expect(lines).toEqual(['Granted key:primary:1a2b3c4d: GET /health from 10.0.0.1, request r1']);
  });

  it('asks nobody about a public path, and leaves the request without a principal', async () => {
    const open = request(null, '/healthz?x=1');
    await gate.admit(open);
    expect([open.principal, asked, counted]).toEqual([undefined, [], []]);
  });

  it('asks nobody twice', async () => {
    await gate.admit(request('bad', '/health', principal));
    expect(asked).toEqual([]);
  });

  it('refuses, counts and logs; the query stays out of the log', async () => {
    await expect(gate.admit(request(null, '/health?api-key=good'))).rejects.toThrow(Refusal);
    expect(counted).toEqual(['none missing_credentials']);
    expect(lines).toEqual(['Refused missing_credentials (no credential): GET /health from 10.0.0.1, request r1']);
  });

  it('counts a fault of ours as one, and passes it on', async () => {
    await expect(gate.admit(request('bug'))).rejects.toThrow('a bug');
    expect(counted).toEqual(['api_key internal_error']);
  });

  it('limits wrong credentials only: neither missing ones nor right ones', async () => {
    const code = (key: string | null) =>
      gate.admit(request(key)).then(
        () => 'granted',
        (error: Refusal) => error.code,
      );
    for (let i = 0; i < 2 * BURST; i += 1) expect(await code(null)).toBe('missing_credentials');
    for (let i = 0; i < BURST; i += 1) expect(await code('bad')).toBe('invalid_api_key');
    expect([await code('bad'), await code('good'), await code(null)]).toEqual([
      'auth_rate_limited',
      'granted',
      'missing_credentials',
    ]);
  });
});

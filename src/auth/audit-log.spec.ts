import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.js';
import { AuditLog, WARNINGS_PER_WINDOW } from './audit-log.js';

const request = { method: 'GET', path: '/health', peer: '10.0.0.1', requestId: 'r1' };

function auditLog() {
  const lines: string[] = [];
  const keep = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const clock = new ManualClock();
  const log = { error: keep('error'), warn: keep('warn'), log: keep('log'), debug: keep('debug') };
  return { lines, clock, audit: new AuditLog(log, clock) };
}

describe('AuditLog', () => {
  it('says who, what, from where and why in one line', () => {
    const { lines, audit } = auditLog();
    audit.granted('key:primary:1a2b3c4d', request);
    audit.refused('invalid_api_key', 'neither slot', request);
    expect(lines).toEqual([
      'debug Granted key:primary:1a2b3c4d: GET /health from 10.0.0.1, request r1',
      'warn Refused invalid_api_key (neither slot): GET /health from 10.0.0.1, request r1',
    ]);
  });

  it('is bounded under a flood, says how much it left out, and starts anew', () => {
    const { lines, clock, audit } = auditLog();
    for (let i = 0; i < 1000; i += 1) audit.refused('invalid_token', 'x', request);
    const warnings = () => lines.filter((line) => line.startsWith('warn'));
    expect(warnings()).toHaveLength(WARNINGS_PER_WINDOW);
    clock.advance(10_000);
    audit.refused('invalid_token', 'x', request);
    expect(warnings().slice(WARNINGS_PER_WINDOW)).toEqual([
      `warn Refused ${1000 - WARNINGS_PER_WINDOW} more requests, told at debug level only`,
      expect.stringContaining('Refused invalid_token'),
    ]);
  });

  it('cuts a long path', () => {
    const { lines, audit } = auditLog();
    audit.refused('not', 'x', { ...request, path: `/${'p'.repeat(10_000)}` });
    expect(lines[0].length).toBeLessThan(300);
  });
});

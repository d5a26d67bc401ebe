import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from './logger.service.js';

const CANARY = 'canary-0123456789';

let written = '';
beforeEach(() => {
  written = '';
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      written += String(chunk);
      return true;
    });
  }
});
afterEach(() => vi.restoreAllMocks());

const json = (LOG_LEVEL: 'error' | 'warn' | 'info' | 'debug' = 'info') =>
  createLogger({ LOG_LEVEL, LOG_FORMAT: 'json' });
const text = () => createLogger({ LOG_LEVEL: 'info', LOG_FORMAT: 'text' });

function records(): Record<string, unknown>[] {
  return written
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('a JSON record', () => {
  it('has time, level, context, message and the given fields', () => {
    json().log('Loaded', { model: 'tiny:1', requestId: 'r1' }, 'Start');
    expect(records()).toEqual([
      {
        level: 'info',
        pid: process.pid,
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
        message: 'Loaded',
        context: 'Start',
        model: 'tiny:1',
        requestId: 'r1',
      },
    ]);
  });

  it('is one line, whatever the message, the fields and the error hold', () => {
    const hostile = fc.string({
      unit: fc.oneof(fc.constantFrom('\n', '\r', '\u001b[2J', '"', '\\', '\u2028', '}'), fc.string({ unit: 'binary' })),
    });
    fc.assert(
      fc.property(hostile, hostile, (message, field) => {
        written = '';
        json().log(message, { field }, 'Test');
        json().error(new Error(message), 'Test');
        expect(records()).toHaveLength(2);
      }),
    );
  });

  it.each([
    ['a field', () => json().log('x', { headers: { 'api-key': CANARY, Authorization: CANARY } }, 'Test')],
    ['a message', () => json().warn(`bad header api-key: ${CANARY}`, 'Test')],
    ['an error', () => json().error(new Error(`refused Bearer ${CANARY}`, { cause: { cookie: CANARY } }), 'Test')],
    ["an error's own property", () => json().error(Object.assign(new Error('x'), { access_token: CANARY }), 'Test')],
    ['a stack', () => json().error('x', `Error: Bearer ${CANARY}\n    at f (file.js:1:1)`, 'Test')],
    ['text', () => text().log(`bearer ${CANARY}`, { token: CANARY }, 'Test')],
    ['an object in text', () => text().error({ password: CANARY }, 'Test')],
    ['an error in text', () => text().error(new Error(`x-api-key=${CANARY}`), 'Test')],
    ['a stack in text', () => text().error('x', `Error: Bearer ${CANARY}\n    at f (file.js:1:1)`, 'Test')],
  ])('holds no credential from %s', (_, write) => {
    write();
    expect(written).toContain('[REDACTED]');
    expect(written).not.toContain(CANARY);
  });
});

describe('text', () => {
  it('begins a line for a record and for nothing else', () => {
    text().log('first\n[Ingot] 1  - forged\u001b[2J', { field: 'a\nb' }, 'Test');
    text().error('failed', 'Error: two\n[Ingot] 1  - forged\n    at f (file.js:1:1)', 'Test');
    text().error(new Error('broken\n[Ingot] 1  - forged'), 'Test');
    const starts = written.split('\n').filter((line) => line !== '' && !line.startsWith('    '));
    expect(starts).toHaveLength(3);
    expect(starts.every((line) => line.startsWith('[Ingot] '))).toBe(true);
    expect(written).not.toContain('\u001b');
  });
});

describe('levels', () => {
  it.each([
    ['error', ['error']],
    ['warn', ['error', 'warn']],
    ['info', ['error', 'warn', 'info']],
    ['debug', ['error', 'warn', 'info', 'debug']],
  ] as const)('%s', (level, expected) => {
    const logger = json(level);
    logger.error('x');
    logger.warn('x');
    logger.log('x');
    logger.debug('x');
    expect(records().map((record) => record.level)).toEqual(expected);
  });
});

describe("Nest's own words about its start", () => {
  it('are for debugging', () => {
    json().log('Mapped {/health, GET} route', 'RouterExplorer');
    expect(written).toBe('');
    json('debug').log('Mapped {/health, GET} route', 'RouterExplorer');
    expect(records()).toMatchObject([{ level: 'debug', context: 'RouterExplorer' }]);
  });
});

describe('the format', () => {
  it.each([
    ['auto', true, false],
    ['auto', false, true],
    ['json', true, true],
    ['text', false, false],
  ] as const)('%s, at a terminal: %s', (LOG_FORMAT, terminal, isJson) => {
    const before = process.stdout.isTTY;
    process.stdout.isTTY = terminal;
    Object.assign(process.stdout, { hasColors: () => false });
    try {
      createLogger({ LOG_LEVEL: 'info', LOG_FORMAT }).log('x');
      expect(written.startsWith('{')).toBe(isJson);
    } finally {
      process.stdout.isTTY = before;
    }
  });
});

describe('a closed pipe', () => {
  it('does not end the service, however many loggers there were', () => {
    json();
    const listeners = process.stdout.listenerCount('error');
    json();
    expect(process.stdout.listenerCount('error')).toBe(listeners);
    expect(() =>
      process.stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    ).not.toThrow();
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError, docsEnabled, readConfig } from './config.js';
import { VARIABLES } from './variables.js';

const problems = (environment: Record<string, string>): string[] => {
  try {
    readConfig(environment);
  } catch (error) {
    return (error as ConfigError).problems;
  }
  return [];
};

describe('readConfig', () => {
  it('gives every default, frozen, in an empty environment', () => {
    const config = readConfig({});
    expect(config).toMatchObject({ HOST: '127.0.0.1', PORT: 8080, MODEL_PATH: null, AUTH_API_KEY_ENABLED: true });
    expect(config.AUTH_PUBLIC_PATHS).toEqual([]);
    expect(() => Object.assign(config, { PORT: 1 })).toThrow(TypeError);
  });

  it('takes an empty value for an unset one', () => {
    expect(readConfig({ PORT: '', MODEL_PATH: '' })).toMatchObject({ PORT: 8080, MODEL_PATH: null });
  });

  it('splits lists and trims their parts', () => {
    expect(readConfig({ AUTH_PUBLIC_PATHS: ' /healthz, /readyz ,' }).AUTH_PUBLIC_PATHS).toEqual([
      '/healthz',
      '/readyz',
    ]);
  });

  it('names every bad variable in one message, with what came', () => {
    const found = problems({ PORT: 'http', MAX_SLOTS: '0', DOCS: 'maybe', ENTRA_AUTHORITY: 'nowhere' });
    expect(found).toHaveLength(4);
    expect(found[0]).toBe('PORT: expected a whole number; got "http"');
    expect(found.join('\n')).toMatch(/MAX_SLOTS.*\n.*DOCS|DOCS/s);
  });

  it.each([
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['AUTH_API_KEY_ENABLED', 'yes', 'one of "true", "false"'],
    ['LOG_LEVEL', 'loud', 'one of "error", "warn", "info", "debug"'],
    ['HOST', ' ', 'some text'],
    ['ENTRA_TENANT_ID', 'common', 'a GUID'],
  ])('says in one line what %s may be', (name, value, expected) => {
    expect(problems({ [name]: value })).toEqual([`${name}: expected ${expected}; got "${value}"`]);
  });

  it('refuses a service that nobody could call', () => {
    expect(problems({ AUTH_API_KEY_ENABLED: 'false' })).toEqual([expect.stringContaining('nobody could call')]);
  });

  it('asks for tenant and client when tokens are accepted', () => {
    const found = problems({ AUTH_ENTRA_ENABLED: 'true' });
    expect(found).toEqual([expect.stringContaining('ENTRA_TENANT_ID'), expect.stringContaining('ENTRA_CLIENT_ID')]);
  });

  it('makes no key by itself for a host that others can reach', () => {
    expect(problems({ HOST: '0.0.0.0' })).toEqual([expect.stringContaining('API_KEYS_DIR')]);
    expect(problems({ HOST: '0.0.0.0', API_KEYS_DIR: '/keys' })).toEqual([]);
  });

  it('shows the documents by default on a loopback host only', () => {
    expect(docsEnabled(readConfig({}))).toBe(true);
    expect(docsEnabled(readConfig({ HOST: '0.0.0.0', API_KEYS_DIR: '/keys' }))).toBe(false);
    expect(docsEnabled(readConfig({ HOST: '0.0.0.0', API_KEYS_DIR: '/keys', DOCS: 'on' }))).toBe(true);
  });
});

describe("the README's table", () => {
  it('says of every variable what the code says', () => {
    const readme = readFileSync('README.md', 'utf8');
    const rows = Object.entries(VARIABLES).map(([name, row]) => {
      const label = 'defaultLabel' in row ? row.defaultLabel : null;
      const shown = label ?? (row.default === null ? 'unset' : row.default === '' ? 'empty' : `\`${row.default}\``);
      return `| \`${name}\` | ${shown} | ${row.meaning} |`;
    });
    const table = readme.split('\n').filter((line) => /^\| `[A-Z_]+` \|/.test(line));
    expect(table).toEqual(rows);
  });
});

/**
 * The environment, read once into one frozen typed object. Every bad variable is found at start, all in one message.
 */
import type { z } from 'zod';
import { VARIABLES, type VariableName } from './variables.js';

type Parsed<Name extends VariableName> = z.output<(typeof VARIABLES)[Name]['schema']>;

/** A variable without a default may be null. */
export type Config = {
  readonly [Name in VariableName]: (typeof VARIABLES)[Name]['default'] extends null
    ? Parsed<Name> | null
    : Parsed<Name>;
};

/** Injection token of the one `Config`. */
export const CONFIG = Symbol('CONFIG');

/** Says every faulty variable at once: its name, what was expected, what came. */
export class ConfigError extends Error {
  constructor(readonly problems: string[]) {
    super(`The configuration cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** An empty variable counts as unset, as deployment templates leave them. */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const problems: string[] = [];
  const faulty: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, row] of Object.entries(VARIABLES)) {
    const given = environment[name];
    const raw = given === undefined || given === '' ? row.default : given;
    if (raw === null) {
      values[name] = null;
      continue;
    }
    const result = row.schema.safeParse(raw);
    if (result.success) values[name] = Object.freeze(result.data);
    else {
      faulty.push(name);
      problems.push(`${name}: expected ${result.error.issues.map((issue) => issue.message).join(', ')}; got "${raw}"`);
    }
  }
  const config = values as Config;
  // What a faulty variable was meant to say is not known.
  problems.push(...contradictions(config).filter((words) => !faulty.some((name) => words.includes(name))));
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

export function docsEnabled(config: Config): boolean {
  return config.DOCS === 'on' || (config.DOCS === 'auto' && isLoopback(config.HOST));
}

/** Plain http is for an issuer on this machine, as in tests. */
function isTrustworthy(authority: URL): boolean {
  return authority.protocol === 'https:' || (authority.protocol === 'http:' && isLoopback(authority.hostname));
}

/** Settings that are each valid but make no service together. */
function contradictions(config: Config): string[] {
  const found: string[] = [];
  if (!config.AUTH_API_KEY_ENABLED && !config.AUTH_ENTRA_ENABLED) {
    found.push(
      'AUTH_API_KEY_ENABLED and AUTH_ENTRA_ENABLED are both false: nobody could call. Set one of them to true',
    );
  }
  if (config.AUTH_ENTRA_ENABLED) {
    for (const name of ['ENTRA_TENANT_ID', 'ENTRA_CLIENT_ID'] as const) {
      if (config[name] === null) found.push(`${name} is needed because AUTH_ENTRA_ENABLED is true`);
    }
    if (config.ENTRA_AUTHORITY !== undefined && !isTrustworthy(new URL(config.ENTRA_AUTHORITY))) {
      found.push(`ENTRA_AUTHORITY must be https; got "${config.ENTRA_AUTHORITY}"`);
    }
  }
  if (config.AUTH_API_KEY_ENABLED && config.API_KEYS_DIR === null && !isLoopback(config.HOST)) {
    found.push(
      `API_KEYS_DIR is needed because HOST is ${config.HOST}: a key made for one run is only for a loopback host`,
    );
  }
  return found;
}

/**
 * Nest's console logger, told our levels and formats: readable text at a terminal, one JSON object per line elsewhere.
 * Masks credentials and keeps every record one record, whatever a message holds.
 */
import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import { inspect } from 'node:util';
import type { Config } from '../config/config.js';
import { SECRET_FIELDS, withoutSecrets } from './redaction.js';
import { safeJson, safeText } from './safe-text.js';

const LEVELS: Record<Config['LOG_LEVEL'], LogLevel[]> = {
  error: ['fatal', 'error'],
  warn: ['fatal', 'error', 'warn'],
  info: ['fatal', 'error', 'warn', 'log'],
  debug: ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'],
};

/** Nest's own words about its start: forty lines that hold nothing for an operator. */
const NEST_CONTEXTS = new Set<unknown>([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

export function createLogger(config: Pick<Config, 'LOG_LEVEL' | 'LOG_FORMAT'>): SafeLogger {
  surviveClosedPipes();
  // Undefined where there is none, and undefined would let Nest choose colors.
  const terminal = (process.stdout.isTTY as boolean | undefined) ?? false;
  const json = config.LOG_FORMAT === 'json' || (config.LOG_FORMAT === 'auto' && !terminal);
  return new SafeLogger({
    json,
    colors: !json && terminal && process.stdout.hasColors(),
    prefix: 'Ingot',
    logLevels: LEVELS[config.LOG_LEVEL],
    flattenParams: true,
    redact: SECRET_FIELDS,
  });
}

export class SafeLogger extends ConsoleLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    if (NEST_CONTEXTS.has(rest.at(-1))) super.debug(message, ...rest);
    else super.log(message, ...rest);
  }

  protected override stringifyMessage(message: unknown, logLevel: LogLevel): string {
    const resolved = this.resolveMessage(message);
    const text = typeof resolved === 'string' ? resolved : inspect(resolved, { ...this.inspectOptions, colors: false });
    return this.colorize(safeText(withoutSecrets(text)), logLevel);
  }

  protected override stringifyParams(params: Record<string, unknown>): string {
    return safeText(withoutSecrets(inspect(params, { compact: true, breakLength: Infinity })));
  }

  protected override printStackTrace(stack: string): void {
    if (stack) super.printStackTrace(safeText(`\n${withoutSecrets(stack)}`).slice(1));
  }

  protected override getJsonLogObject(message: unknown, options: Parameters<ConsoleLogger['getJsonLogObject']>[1]) {
    const record = super.getJsonLogObject(message, options);
    const level = options.logLevel === 'log' ? 'info' : options.logLevel;
    return Object.assign(record, { level, timestamp: new Date().toISOString() });
  }

  protected override stringifyJsonLogObject(record: Record<string, unknown>): string {
    return safeJson(withoutSecrets(super.stringifyJsonLogObject(record)));
  }
}

/** Whoever read the log has gone: the service goes on without. */
function surviveClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore);
  }
}

function ignore(): void {}

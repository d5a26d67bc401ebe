/**
 * The start: read the configuration, put the server together, listen, load the models, say so; and the end: drain.
 */
import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { ConfigError, readConfig } from './common/config/config.js';
import { createLogger } from './common/logging/logger.service.js';
import { serve } from './serve.js';

// Until the configuration is read; the application then brings its own.
Logger.overrideLogger(createLogger({ LOG_LEVEL: 'info', LOG_FORMAT: 'auto' }));

try {
  await serve(readConfig(process.env));
} catch (error) {
  const words = error instanceof ConfigError || isListenError(error) ? error.message : String((error as Error).stack);
  new Logger('Start').error(words);
  process.exit(1);
}

/** A port in use or an address that is not ours: the message says enough. */
function isListenError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && error.syscall === 'listen';
}

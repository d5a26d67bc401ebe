/**
 * One engine process: forked, spoken to in messages of the protocol, killed. The only file that knows `child_process`.
 */
import { fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { FromEngine, ToEngine } from '../engine/protocol.js';

/** A live engine, or a scripted one in tests. */
export interface EngineChannel {
  readonly pid: number | null;
  /** Silently nothing once the engine has ended. */
  send(message: ToEngine): void;
  kill(): void;
  onMessage(listener: (message: FromEngine) => void): void;
  /**
   * Called once, after its last message. `how` it ended is for everybody; `lastWords`, the last line it wrote, are for the operator only: they
   * may hold paths.
   */
  onExit(listener: (how: string, lastWords: string | null) => void): void;
}

export type SpawnEngine = (onOutput: (line: string) => void) => EngineChannel;

/** How long the last messages and lines of an engine that has ended may take to be read. */
const LAST_WORDS_MS = 1000;

const ENGINE_MAIN = fileURLToPath(new URL('../engine/main.js', import.meta.url));

/** Engines of this build. */
export const forkEngine: SpawnEngine = (onOutput) => forkEngineFrom(ENGINE_MAIN, onOutput);

/** The engine inherits the environment (driver and library paths), but never the runtime's telemetry. */
export function forkEngineFrom(main: string, onOutput: (line: string) => void): EngineChannel {
  const child = fork(main, [], {
    serialization: 'advanced',
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let lastLine: string | null = null;
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      lastLine = line;
      onOutput(line);
    });
  }
  return {
    pid: child.pid ?? null,
    send(message) {
      if (child.connected) child.send(message, () => undefined);
    },
    kill() {
      child.kill('SIGKILL');
    },
    onMessage(listener) {
      child.on('message', (message) => listener(message as FromEngine));
    },
    onExit(listener) {
      let told = false;
      const tell = (how: string) => {
        if (told) return;
        told = true;
        listener(how, lastLine);
      };
      child.on('error', (error) => tell(`it could not be started: ${error.message}`));
      child.on('exit', (code, signal) => {
        const how = signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`;
        // `close` comes when everything it said has been read; a process of its own may hold its output open.
        child.on('close', () => tell(how));
        setTimeout(() => tell(how), LAST_WORDS_MS).unref();
      });
    },
  };
}

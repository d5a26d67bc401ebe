/**
 * The engine process: forked by the server, one per model. Wires the process's channel, signals and exits to
 * `EngineProcess`, and decides nothing itself.
 */
import { EngineProcess } from './engine-process.js';
import { loadDecoder } from './generation/load-decoder.js';
import type { FromEngine, ToEngine } from './protocol.js';
import { loadTensors } from './tensors/load-tensors.js';

/** Something was thrown that nobody expected. */
const EXIT_UNCAUGHT = 70;
/** How long a last message may take to leave. */
const FLUSH_LIMIT_MS = 1000;

let unsent = 0;
let exitCode: number | null = null;

function send(message: FromEngine, sent?: () => void): void {
  if (!process.connected) return;
  unsent += 1;
  // A failed write means that the parent is gone: `disconnect` follows.
  process.send!(message, () => {
    unsent -= 1;
    sent?.();
    if (exitCode !== null && unsent === 0) process.exit(exitCode);
  });
}

function leave(code: number): void {
  exitCode = code;
  if (unsent === 0) process.exit(code);
  setTimeout(() => process.exit(code), FLUSH_LIMIT_MS);
}

process.on('uncaughtException', (error) => {
  console.error('engine: uncaught', error);
  process.exit(EXIT_UNCAUGHT);
});
// The parent decides when to end: a Ctrl-C at a terminal reaches both, and must not cut off what is still running.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
// Nobody is left to hear of an orderly end, and an exit would wait for the run under way.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

if (process.send === undefined) {
  console.error('engine: this is not a command; the server forks it');
  process.exit(1);
}

const engine = new EngineProcess({
  send,
  sendAhead: (message) => new Promise((resolve) => send(message, resolve)),
  load: (model, options) => loadDecoder(model, options, process.env.ORT_DISABLE_TELEMETRY),
  loadPredict: (modelFile, options) => loadTensors(modelFile, options, process.env.ORT_DISABLE_TELEMETRY),
  leave,
  nowMs: () => performance.now(),
});
process.on('message', (message) => engine.receive(message as ToEngine));

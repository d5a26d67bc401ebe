/**
 * The built engine, forked as the server forks it, for tests that talk to it over its real channel.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { FromEngine, StepEvent, ToEngine } from '../../src/engine/protocol.js';
import { GREEDY } from '../engine/random-schedules.js';

const MAIN = 'dist/engine/main.js';

export const hasBuiltEngine = existsSync(MAIN);

if (!hasBuiltEngine) console.log(`The engine's process is not tested: ${MAIN} is absent; npm run build makes it.`);

/** A forked engine that remembers what it said. */
export class ForkedEngine {
  readonly heard: FromEngine[] = [];
  readonly exit: Promise<{ code: number | null; signal: string | null }>;
  private readonly child: ChildProcess;

  constructor() {
    const env = { ...process.env, ORT_DISABLE_TELEMETRY: '1' };
    this.child = fork(MAIN, { serialization: 'advanced', env, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    this.child.on('message', (message) => this.heard.push(message as FromEngine));
    this.exit = new Promise((resolve) => {
      this.child.on('exit', (code, signal) => resolve({ code, signal }));
    });
  }

  send(message: ToEngine): void {
    this.child.send(message);
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  disconnect(): void {
    if (this.child.connected) this.child.disconnect();
  }

  events(id: number): StepEvent[] {
    return this.heard.flatMap((m) => (m.kind === 'step' ? m.events.filter((e) => e.id === id) : []));
  }

  /** Resolves with the first message, already heard or not, that answers the question. */
  async hear<T>(question: (heard: FromEngine[]) => T | undefined): Promise<T> {
    for (;;) {
      const answer = question(this.heard);
      if (answer !== undefined) return answer;
      await new Promise((resolve) => this.child.once('message', resolve));
    }
  }

  kind<K extends FromEngine['kind']>(kind: K): Promise<Extract<FromEngine, { kind: K }>> {
    return this.hear((heard) => heard.find((m) => m.kind === kind) as Extract<FromEngine, { kind: K }> | undefined);
  }

  generate(id: number, promptIds: number[], maxTokens: number): void {
    const request = { promptIds: Int32Array.from(promptIds), sampling: GREEDY, maxTokens, minTokens: 0 };
    this.send({ kind: 'generate', id, request: { ...request, ignoreEos: true, stopTokenIds: [], cacheScope: '' } });
  }
}

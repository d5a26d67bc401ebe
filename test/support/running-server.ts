/**
 * The built service as its users run it: `node dist/main.js` in a process of its own, on free ports.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHAT_MODEL } from './real-model.js';

export const API_KEY = 'fndry-pk-00000000-0000-4000-8000-000000000001';
const PATIENCE_MS = 60_000;

export interface ExitStatus {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export class RunningServer {
  private text = '';
  private readonly exit: Promise<ExitStatus>;

  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {
    const collect = (chunk: Buffer) => {
      this.text += chunk.toString();
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    this.exit = new Promise((resolve) => {
      child.on('exit', (code, signal) => resolve({ code, signal }));
    });
  }

  /** Started and listening; `ready()` waits for the model. */
  static async start(environment: Record<string, string> = {}): Promise<RunningServer> {
    const folder = mkdtempSync(join(tmpdir(), 'ingot-'));
    writeFileSync(join(folder, 'primary-key'), API_KEY);
    const child = spawn(process.execPath, ['dist/main.js'], {
      env: {
        ...process.env,
        PORT: '0',
        MANAGEMENT_PORT: '0',
        MODEL_PATH: CHAT_MODEL,
        API_KEYS_DIR: folder,
        LOG_FORMAT: 'json',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const server = new RunningServer(child, folder);
    await server.until(() => server.port !== null && server.managementPort !== null, 'it listens');
    return server;
  }

  get pid(): number {
    return this.child.pid!;
  }

  get output(): string {
    return this.text;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get managementUrl(): string {
    return `http://127.0.0.1:${this.managementPort}`;
  }

  /** The engine processes that live now. */
  get enginePids(): number[] {
    return readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  }

  async ready(): Promise<void> {
    await this.until(async () => (await fetch(`${this.managementUrl}/ready`)).status === 200, 'it is ready');
  }

  request(
    path: string,
    { headers, ...init }: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {},
  ): Promise<Response> {
    return fetch(`${this.baseUrl}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json', ...headers },
    });
  }

  chat(body: Record<string, unknown>, signal?: AbortSignal): Promise<Response> {
    return this.request('/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify(body),
      ...(signal ? { signal } : {}),
    });
  }

  /** One sample of the scrape, summed over its label sets; 0 when there is none. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.managementUrl}/metrics`)).text();
    return text
      .split('\n')
      .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  exited(): Promise<ExitStatus> {
    return this.exit;
  }

  async stop(): Promise<ExitStatus> {
    this.child.kill('SIGTERM');
    const impatience = setTimeout(() => this.child.kill('SIGKILL'), 20_000);
    const status = await this.exit;
    clearTimeout(impatience);
    rmSync(this.folder, { recursive: true, force: true });
    return status;
  }

  /** Polls until `holds`; fails with everything the server has printed. */
  async until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      if (await holds()) return;
      if (performance.now() > deadline) throw new Error(`Waited in vain until ${what}. Output:\n${this.text}`);
      if (this.child.exitCode !== null) throw new Error(`It exited with ${this.child.exitCode}. Output:\n${this.text}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  private get port(): number | null {
    return portAfter(this.text, 'Listening on');
  }

  private get managementPort(): number | null {
    return portAfter(this.text, 'Management listener on');
  }
}

function portAfter(text: string, words: string): number | null {
  const match = new RegExp(`${words} http://[^:]+:(\\d+)`).exec(text);
  return match ? Number(match[1]) : null;
}

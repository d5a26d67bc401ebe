/** onnxruntime-genai in a process of its own, asked for one round at a time. Absent unless an interpreter has it. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';

const PYTHON = process.env['BENCH_PYTHON'] ?? '.venv/bin/python';

export class GenaiPeer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>,
    readonly version: string,
    private readonly reader: Interface,
  ) {}

  /** @returns null, with a word, where onnxruntime-genai is not installed */
  static async start(modelFolder: string): Promise<GenaiPeer | null> {
    if (spawnSync(PYTHON, ['-c', 'import onnxruntime_genai']).status !== 0) {
      console.log(`onnxruntime-genai is not there (${PYTHON}): its columns are left out.`);
      return null;
    }
    const child = spawn(PYTHON, ['test/bench/genai.py', modelFolder], { stdio: ['pipe', 'pipe', 'inherit'] });
    const reader = createInterface({ input: child.stdout });
    const lines = reader[Symbol.asyncIterator]();
    const { version } = JSON.parse((await lines.next()).value as string) as { version: string };
    return new GenaiPeer(child, lines, version, reader);
  }

  async tokensPerSecond(rows: number, tokens: number): Promise<number> {
    this.child.stdin!.write(`${rows} ${tokens}\n`);
    return (JSON.parse((await this.lines.next()).value as string) as { tokensPerSecond: number }).tokensPerSecond;
  }

  stop(): void {
    this.reader.close();
    this.child.kill();
  }
}

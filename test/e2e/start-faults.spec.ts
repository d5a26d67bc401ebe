import { execFile } from 'node:child_process';
import { describe, expect, it } from 'vitest';

/** Starts the service with these variables alone. @returns its exit code and all that it wrote */
function start(env: Record<string, string>): Promise<{ code: unknown; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['dist/main.js'], { env, timeout: 20_000 }, (error, stdout, stderr) =>
      resolve({ code: error?.code, output: stdout + stderr }),
    );
  });
}

describe('a start that cannot succeed', () => {
  it.each([
    [{ PORT: 'http' }, 'PORT: expected a whole number; got "http"'],
    [{}, 'MODEL_PATH is not set'],
  ])('with %j ends with one line that says why', async (variables, words) => {
    const { code, output } = await start(variables);
    expect(code).toBe(1);
    const lines = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { level: string; message: string });
    expect(lines.filter((line) => line.level === 'error' && line.message.includes(words))).toHaveLength(1);
  });
});

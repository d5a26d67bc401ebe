import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENT, LocalIssuer, TENANT } from '../support/local-issuer.js';
import { CHAT_MODEL, hasChatModel } from '../support/real-model.js';
import { API_KEY, RunningServer } from '../support/running-server.js';

const readme = readFileSync('README.md', 'utf8');
const shellBlocks = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1]);
const curlBlocks = shellBlocks.filter((block) => block.startsWith('curl'));

describe("the README's commands", () => {
  it('start and test the service by scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    const named = [...readme.matchAll(/npm (?:run )?([a-z:]+)/g)]
      .map((match) => match[1])
      .filter((name) => name !== 'ci');
    expect(named.length).toBeGreaterThan(3);
    for (const name of named) expect(scripts).toHaveProperty([name]);
  });

  describe.skipIf(!hasChatModel)('against a running service', () => {
    let issuer: LocalIssuer;
    let server: RunningServer;
    let models: string;
    beforeAll(async () => {
      models = mkdtempSync(join(tmpdir(), 'ingot-readme-'));
      symlinkSync(CHAT_MODEL, join(models, 'smollm2-135m-instruct'));
      symlinkSync(resolve('../shared/models/predict/digits-cnn'), join(models, 'digits-cnn'));
      issuer = await LocalIssuer.start();
      server = await RunningServer.start({
        MODEL_PATH: models,
        AUTH_ENTRA_ENABLED: 'true',
        ENTRA_TENANT_ID: TENANT,
        ENTRA_CLIENT_ID: CLIENT,
        ENTRA_AUTHORITY: issuer.authority,
      });
      await server.ready();
    });
    afterAll(async () => {
      await server?.stop();
      await issuer?.stop();
      rmSync(models, { recursive: true, force: true });
    });

    it.each(curlBlocks.map((block) => [block.split('\n').slice(0, 3).join(' ').slice(0, 110), block]))(
      '%s',
      async (_, block) => {
        const command = block.replaceAll('http://127.0.0.1:8080', server.baseUrl);
        const { stdout } = await promisify(execFile)('bash', ['-euc', command], {
          env: { ...process.env, API_KEY, JWT_TOKEN: await issuer.mint() },
        });
        expect(stdout).not.toContain('"error":{"message"');
        if (block.includes('"stream": true'))
          expect(stdout.trimEnd()).toMatch(/"usage":\{"prompt_tokens".*data: \[DONE\]$/s);
        else if (block.includes('chat/completions'))
          expect(JSON.parse(stdout)).toMatchObject({ object: 'chat.completion' });
        else if (block.includes('/v1/predict')) expect(decoded(stdout)).toContain('four');
        else expect(stdout).toMatch(/smollm2-135m-instruct/);
      },
    );
  });
});

/** The first item of a prediction, as text. */
function decoded(answer: string): string {
  const { items } = JSON.parse(answer) as { items: { data: string }[] };
  return Buffer.from(items[0].data, 'base64').toString();
}

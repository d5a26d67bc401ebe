import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { VARIABLES } from '../../src/common/config/variables.js';

interface Instruction {
  word: string;
  rest: string;
}

/** Variables of Node and of ONNX Runtime, which the service itself does not read. */
const FOREIGN = ['NODE_ENV', 'ORT_DISABLE_TELEMETRY'];

const instructions = parseDockerfile(readFileSync('Dockerfile', 'utf8'));
const stages = splitStages(instructions);
const final = stages.at(-1)!;

/** Comments gone, continued lines joined. */
function parseDockerfile(text: string): Instruction[] {
  return text
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => ({ word: line.split(/\s/, 1)[0], rest: line.replace(/^\S+\s+/, '').replace(/\s+/g, ' ') }));
}

function splitStages(all: Instruction[]): Instruction[][] {
  const starts = all.flatMap(({ word }, index) => (word === 'FROM' ? [index] : []));
  return starts.map((start, number) => all.slice(start, starts[number + 1]));
}

const rests = (stage: Instruction[], word: string) =>
  stage.filter((instruction) => instruction.word === word).map((instruction) => instruction.rest);

/** What COPY takes from the repository, not from another stage. */
function copiedFiles(): string[] {
  return rests(instructions, 'COPY')
    .filter((rest) => !rest.startsWith('--from='))
    .flatMap((rest) => rest.split(' ').slice(0, -1));
}

describe('the Dockerfile', () => {
  it('builds on one pinned base', () => {
    const bases = rests(instructions, 'FROM').map((rest) => rest.split(' ')[0]);
    expect(new Set(bases)).toEqual(new Set(['node:24-bookworm-slim']));
  });

  it('copies files that exist and that the builder is given', () => {
    const given = readFileSync('.dockerignore', 'utf8').split('\n');
    expect(given).toContain('*');
    for (const file of copiedFiles()) {
      expect(existsSync(file) ? '' : file).toBe('');
      expect(given).toContain(`!${file.replace(/^\.\//, '')}`);
    }
  });

  it('copies from stages that there are', () => {
    const names = rests(instructions, 'FROM').flatMap((rest) => / AS (\S+)$/.exec(rest)?.[1] ?? []);
    const used = rests(final, 'COPY').flatMap((rest) => /^--from=(\S+)/.exec(rest)?.[1] ?? []);
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((name) => !names.includes(name))).toEqual([]);
  });

  it('sets only variables that somebody reads, and turns the telemetry of the runtime off', () => {
    const environment = Object.fromEntries(
      rests(final, 'ENV').flatMap((rest) => rest.split(' ').map((pair) => pair.split('=') as [string, string])),
    );
    expect(Object.keys(environment).filter((name) => !(name in VARIABLES) && !FOREIGN.includes(name))).toEqual([]);
    expect(environment).toEqual({ NODE_ENV: 'production', HOST: '0.0.0.0', ORT_DISABLE_TELEMETRY: '1' });
  });

  it('runs as the user of the Deployment, by number', () => {
    const deployment = parse(readFileSync('k8s/base/deployment.yaml', 'utf8')) as {
      spec: { template: { spec: { securityContext: { runAsUser: number; runAsGroup: number } } } };
    };
    const { runAsUser, runAsGroup } = deployment.spec.template.spec.securityContext;
    expect(rests(final, 'USER')).toEqual([`${runAsUser}:${runAsGroup}`]);
    expect(runAsUser).toBeGreaterThan(0);
  });

  it('exposes the ports of the ConfigMap', () => {
    const { data } = parse(readFileSync('k8s/base/config-map.yaml', 'utf8')) as { data: Record<string, string> };
    expect(rests(final, 'EXPOSE')).toEqual([`${data.PORT} ${data.MANAGEMENT_PORT}`]);
  });

  it('starts the file that the build emits from src/main.ts', () => {
    const [command] = rests(final, 'CMD').map((rest) => JSON.parse(rest) as string[]);
    expect(command).toEqual(['node', 'dist/main.js']);
    const { compilerOptions } = readTsConfig('tsconfig.build.json');
    expect(compilerOptions.rootDir).toBe('src');
    expect(readTsConfig('tsconfig.json').compilerOptions.outDir).toBe('dist');
    expect(existsSync('src/main.ts')).toBe(true);
    expect(rests(final, 'COPY')).toContain('--from=build /app/dist ./dist');
    // `"type": "module"` is read from here.
    expect(rests(final, 'COPY').some((rest) => rest.split(' ').includes('package.json'))).toBe(true);
  });

  it('keeps the binaries that this machine loads, and drops the others', () => {
    const trim = rests(stages[1], 'RUN')[0];
    for (const file of [
      `node_modules/onnxruntime-node/bin/napi-v6/linux/x64`,
      'node_modules/tokenizers/tokenizers.linux-x64-gnu.node',
    ]) {
      expect(existsSync(file) ? '' : file).toBe('');
    }
    expect(trim).toContain('-mindepth 3 -maxdepth 3 -type d ! -path "*/linux/$arch"');
    expect(trim).toContain('! -name "tokenizers.linux-$arch-gnu.node" -delete');
    expect(trim).toContain('npm ci --omit=dev --ignore-scripts');
  });
});

describe('the health check of the image', () => {
  it.each([
    ['MANAGEMENT_PORT', 200, 0],
    ['MANAGEMENT_PORT', 503, 1],
    ['PORT', 401, 0],
    ['PORT', 503, 1],
  ])('asks at %s and takes %i for %i', async (variable, status, expected) => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url!);
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await healthCheck({ [variable]: String(port) })).toBe(expected);
    expect(asked).toEqual(['/health']);
    server.closeAllConnections();
    server.close();
  });

  it('fails when nothing listens', async () => {
    expect(await healthCheck({ PORT: '1' })).toBe(1);
  });
});

function healthCheck(environment: Record<string, string>): Promise<number | null> {
  const command = /CMD (\[.*\])$/.exec(rests(final, 'HEALTHCHECK')[0])![1];
  const [program, ...rest] = JSON.parse(command) as string[];
  expect(program).toBe('node');
  const child = spawn(process.execPath, rest, { env: environment, stdio: 'ignore' });
  return new Promise((resolve) => child.on('exit', resolve));
}

function readTsConfig(file: string): { compilerOptions: Record<string, string> } {
  return JSON.parse(readFileSync(file, 'utf8')) as { compilerOptions: Record<string, string> };
}

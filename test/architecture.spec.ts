import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nestInPlainFiles, resolveImport, violations, type SourceFile } from './support/dependency-rule.js';

/** Put Nest together or speak through its logger: the only plain files that may know it. */
const ASSEMBLING = ['main.ts', 'serve.ts', 'server.ts', 'shut-down.ts', 'docs/install-docs.ts'];
const MAX_LINES = 400;

const IMPORT = /(?:from|import)\s*\(?\s*'([^']+)'/g;

const files: (SourceFile & { lines: number })[] = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'))
  .map((path) => {
    const text = readFileSync(`src/${path}`, 'utf8');
    const imports = [...text.matchAll(IMPORT)].map((match) => resolveImport(path, match[1]));
    return { path, imports, lines: text.split('\n').length };
  });

describe('the house', () => {
  it('keeps the dependency rule', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(violations(files)).toEqual([]);
  });

  it('keeps Nest to the files whose suffix says so', () => {
    expect(nestInPlainFiles(files, ASSEMBLING)).toEqual([]);
  });

  it('has no file that is too long to read', () => {
    expect(files.filter((file) => file.lines > MAX_LINES).map((file) => file.path)).toEqual([]);
  });
});

describe('the dependency rule', () => {
  const broken: [from: string, to: string][] = [
    ['chat/chat.service.ts', 'auth/key-store.ts'],
    ['chat/chat.service.ts', 'engine/protocol.ts'],
    ['chat/chat.service.ts', 'inference/engine-client.ts'],
    ['common/http/sse.ts', 'chat/chat.schema.ts'],
    ['inference/served-model.ts', 'engine/generation/scheduler.ts'],
    ['inference/served-model.ts', 'chat/chat.service.ts'],
    ['engine/main.ts', 'common/config/config.ts'],
    ['engine/generation/engine-loop.ts', 'inference/generation.ts'],
    ['engine/ort/session.ts', 'engine/generation/decoder.ts'],
    ['engine/sampling/sampler.ts', 'engine/ort/tensor.ts'],
  ];
  it.each(broken)('fails when %s imports %s', (path, target) => {
    expect(violations([{ path, imports: [target] }])).toHaveLength(1);
  });

  it('fails when a plain file imports Nest', () => {
    expect(nestInPlainFiles([{ path: 'chat/stream.ts', imports: ['@nestjs/common'] }], [])).toHaveLength(1);
  });
});

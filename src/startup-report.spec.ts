import { describe, expect, it } from 'vitest';
import type { LoadReport } from './engine/protocol.js';
import type { ChatManifest } from './inference/catalog/manifest.js';
import { curlLine, keyFileExpression, loadedLine } from './startup-report.js';

const manifest = {
  id: 'tiny:1',
  modelType: 'llama',
  folder: '/models/tiny',
  sizeBytes: 3 * 1024 * 1024,
} as ChatManifest;
const report: LoadReport = {
  provider: 'cpu',
  providerReason: 'EXECUTION_PROVIDER is cpu',
  runtimeVersion: '1.30.0',
  loadMs: 812,
  warmupMs: 40,
  slots: 8,
  capacity: 8192,
  kvBytesPerToken: 46080,
  kvElementType: 'float32',
  lastPositionOnly: true,
  fewestRows: 1,
};

describe('startup report', () => {
  it('says what is loaded, from where, on what and why, and how long it took', () => {
    expect(loadedLine(manifest, report)).toBe(
      'tiny:1 (llama, 3 MiB) from /models/tiny: on CPU (EXECUTION_PROVIDER is cpu), 0.81 s to load, 0.04 s to warm up, 8 slots of 8192 tokens',
    );
  });

  it('gives a line that a shell can run as it is', () => {
    const line = curlLine(manifest, { baseUrl: 'http://127.0.0.1:8080', bearer: 'k' });
    expect(line).toMatch(/^curl http:\/\/127\.0\.0\.1:8080\/v1\/chat\/completions -H "Authorization: Bearer k" /);
    const body = /-d '(.*)'$/.exec(line)?.[1] ?? '';
    expect(JSON.parse(body)).toMatchObject({ model: 'tiny:1', temperature: 0 });
  });

  it('reads the key from its file rather than printing it', () => {
    expect(keyFileExpression("/it's/keys")).toBe(`$(cat '/it'\\''s/keys/primary-key')`);
  });
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PredictLoadReport, ValueSignature } from './engine/protocol.js';
import type { PredictManifest } from './inference/catalog/manifest.js';
import { predictionCurlLine, predictionLoadedLine } from './startup-report-prediction.js';

const manifest = { id: 'wine tasting', folder: '/models/wine', sizeBytes: 61_207 } as PredictManifest;
const access = { baseUrl: 'http://127.0.0.1:8080', bearer: 'k' };

function value(name: string, shape: ValueSignature['shape'], dtype: ValueSignature['dtype'] = 'float32') {
  return { name, type: 'tensor(float)', dtype, shape, optional: false };
}

function report(...inputs: ValueSignature[]): PredictLoadReport {
  return {
    provider: 'cpu',
    providerReason: 'EXECUTION_PROVIDER is cpu',
    loadMs: 12,
    warmupMs: 3,
    inputs,
    outputs: [
      value('label', ['N'], 'int64'),
      { ...value('scores', null, null), type: 'seq(map(int64,tensor(float)))' },
    ],
    batching: { enabled: false, reason: 'its rows share a scale' },
  } as unknown as PredictLoadReport;
}

/** What the line sends: the JSON inside the only item. */
function sent(line: string): unknown {
  const body = JSON.parse(/-d '(.*)'$/.exec(line)![1]) as { items: { content_type: string; data: string }[] };
  expect(body.items).toHaveLength(1);
  expect(body.items[0]).toMatchObject({ content_type: 'application/json', encoder: 'base64' });
  return JSON.parse(Buffer.from(body.items[0].data, 'base64').toString());
}

describe('the startup report of a one-shot model', () => {
  it('says what goes in, what comes out, and whether requests are joined', () => {
    expect(predictionLoadedLine(manifest, report(value('x', ['N', 13]), value('flag', [], 'bool')))).toBe(
      'wine tasting (predict, 60 KiB) from /models/wine: on CPU (EXECUTION_PROVIDER is cpu), 0.01 s to load, ' +
        '0.00 s to warm up, x float32[N,13], flag bool[] → label int64[N], scores seq(map(int64,tensor(float))), ' +
        'batching off (its rows share a scale)',
    );
    expect(predictionLoadedLine(manifest, report())).toContain('nothing → label');
  });

  it('gives a request that fits one input, or several by name', () => {
    const line = predictionCurlLine(manifest, report(value('x', ['N', 3])), access);
    expect(line).toMatch(/^curl http:\/\/127\.0\.0\.1:8080\/v1\/predict -H "Authorization: Bearer k" /);
    expect(sent(line)).toEqual([[0, 0, 0]]);
    const optional = { ...value('c', [9999]), optional: true };
    const inputs = [value('a', ['N', 1], 'string'), value('b', [], 'bool'), optional];
    expect(sent(predictionCurlLine(manifest, report(...inputs), access))).toEqual({ a: [['text']], b: false });
    expect(sent(predictionCurlLine(manifest, report(), access))).toEqual({});
  });

  it('sends a picture where one fits', () => {
    for (const shape of [
      ['N', 3, 224, 224],
      [1, 224, 224, 3],
    ]) {
      const line = predictionCurlLine(manifest, report(value('x', shape)), access);
      const [, echo, curl] = /^(echo .*) \| (curl .*)$/.exec(line)!;
      expect(curl).toMatch(/\/v1\/predict .* -d @-$/);
      // The file holds more bytes than one argument of a program may; `echo` is the shell's own.
      const cwd = mkdtempSync(join(tmpdir(), 'curl-'));
      const picture = Buffer.alloc(200_000, 7);
      writeFileSync(join(cwd, 'picture.jpg'), picture);
      const body = execFileSync('sh', ['-c', echo], { cwd, encoding: 'utf8', maxBuffer: 1_000_000 });
      rmSync(cwd, { recursive: true });
      const data = picture.toString('base64');
      expect(JSON.parse(body)).toEqual({ items: [{ content_type: 'image/jpeg', encoder: 'base64', data }] });
    }
  });

  it.each<[string, ValueSignature]>([
    ['too much for a line', value('x', [1, 16_000])],
    ['no tensor', value('x', null, null)],
    ['a tensor of any rank', value('x', null)],
  ])('asks for the card where no line would do: %s', (_, input) => {
    expect(predictionCurlLine(manifest, report(input), access)).toBe(
      `curl 'http://127.0.0.1:8080/v1/model?model=wine%20tasting' -H "Authorization: Bearer k"`,
    );
  });
});

import { afterAll, describe, expect, it } from 'vitest';
import { Metrics } from '../common/metrics/metrics.js';
import { EventRecorder } from './event-recorder.js';

const MODEL = 'tiny:1';
const metrics = new Metrics({ vllmAliases: false });
afterAll(() => metrics.stop());

async function intervals(): Promise<string | undefined> {
  const scrape = await metrics.scrape();
  return /^ingot_inter_token_latency_seconds_count\{.*\} (\d+)$/m.exec(scrape)?.[1];
}

describe('EventRecorder', () => {
  it('takes a last text that settles no token of its own for no interval', async () => {
    const recorder = new EventRecorder(metrics.requestAccepted(MODEL), performance.now());
    recorder.record({ kind: 'started' });
    recorder.record({ kind: 'text', text: 'the', tokens: 1 });
    recorder.record({ kind: 'text', text: ' E', tokens: 2 });
    recorder.record({ kind: 'text', text: 'N', tokens: 0 });
    expect(await intervals()).toBe('1');
  });
});

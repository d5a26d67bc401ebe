import { describe, expect, it } from 'vitest';
import { schemaFaults } from './schema-check.js';

const container = { name: 'x', image: 'x' };
const deployment = (container: object, more: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'x', labels: { any: 'label' } },
  spec: {
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers: [container] } },
    ...more,
  },
});

describe('schemaFaults', () => {
  it('finds nothing in a plain deployment', () => {
    expect(schemaFaults(deployment(container))).toEqual([]);
  });

  it('finds a misspelt field at any depth', () => {
    expect(schemaFaults(deployment({ ...container, livenessprobe: {} }, { replica: 2 }))).toEqual([
      'unknown field spec.template.spec.containers.0.livenessprobe',
      'unknown field spec.replica',
    ]);
    const probe = { httpGet: { path: '/', port: 'x', prot: 1 } };
    expect(schemaFaults(deployment({ ...container, readinessProbe: probe }))).toEqual([
      'unknown field spec.template.spec.containers.0.readinessProbe.httpGet.prot',
    ]);
  });

  it('finds a misspelt field beside the spec', () => {
    expect(schemaFaults({ ...deployment(container), spce: {} } as ReturnType<typeof deployment>)).toEqual([
      'unknown field spce',
    ]);
  });

  it('finds wrong types and missing fields', () => {
    expect(schemaFaults(deployment({ image: 'x' }))[0]).toMatch(/name/);
    expect(schemaFaults(deployment(container, { replicas: 'two' }))[0]).toMatch(/replicas/);
  });

  it('refuses a kind it does not know', () => {
    expect(schemaFaults({ apiVersion: 'v1', kind: 'Pot', metadata: { name: 'x' } })).toHaveLength(1);
  });
});

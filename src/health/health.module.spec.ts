import { Global, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { SwaggerModule, DocumentBuilder } from '@nestjs/swagger';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigModule } from '../common/config/config.module.js';
import { readConfig } from '../common/config/config.js';
import { DrainService } from '../common/lifecycle/drain.service.js';
import { LifecycleModule } from '../common/lifecycle/lifecycle.module.js';
import { ReadinessChecks } from '../common/lifecycle/readiness-checks.service.js';
import { MetricsModule } from '../common/metrics/metrics.module.js';
import { Metrics } from '../common/metrics/metrics.js';
import { InferenceService } from '../inference/inference.service.js';
import type { ModelHealth } from './finding.js';
import { HealthModule } from './health.module.js';
import { ManagementListener } from './management-listener.service.js';

/** Says what it is told to say about models. */
class ScriptedInference {
  models: ModelHealth[] = [{ id: 'tiny:1', state: 'ready', reason: null, sinceProgressMs: 0, restarts: 0 }];
  health() {
    return { models: this.models, draining: false };
  }
  diagnoses() {
    return [];
  }
}

let app: NestExpressApplication | null = null;
afterEach(async () => {
  await app?.close();
  app = null;
});

async function start(environment: Record<string, string> = {}) {
  const inference = new ScriptedInference();
  const config = readConfig({ MANAGEMENT_PORT: '0', ...environment });
  @Global()
  @Module({ providers: [{ provide: InferenceService, useValue: inference }], exports: [InferenceService] })
  class ScriptedInferenceModule {}
  @Module({
    imports: [ConfigModule.forRoot(config), LifecycleModule, MetricsModule, ScriptedInferenceModule, HealthModule],
  })
  class TestModule {}
  app = await NestFactory.create<NestExpressApplication>(TestModule, { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  const management = app.get(ManagementListener, { strict: false }).port;
  return { app, inference, main: await app.getUrl(), management: `http://127.0.0.1:${management}` };
}

async function ask(url: string, method = 'GET') {
  const response = await fetch(url, { method });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
}

const PROBES = ['/health', '/healthz', '/livez', '/ready', '/readyz'];

describe('probes', () => {
  it('answer the same on both ports, under every name, with GET and HEAD', async () => {
    const { main, management } = await start();
    for (const path of PROBES) {
      const [onMain, onManagement] = [await ask(`${main}${path}`), await ask(`${management}${path}`)];
      expect(onMain.status).toBe(200);
      expect(onMain.headers.get('cache-control')).toContain('no-store');
      expect(onManagement.status).toBe(200);
      expect(JSON.parse(onManagement.text)).toEqual(JSON.parse(onMain.text));
      for (const base of [main, management]) {
        expect(await ask(`${base}${path}`, 'HEAD')).toMatchObject({ status: 200, text: '' });
      }
    }
  });

  it("have Terminus' body", async () => {
    const { management } = await start();
    expect(JSON.parse((await ask(`${management}/ready`)).text)).toEqual({
      status: 'ok',
      info: { 'model:tiny:1': { status: 'up', state: 'ready', restarts: 0 } },
      error: {},
      details: { 'model:tiny:1': { status: 'up', state: 'ready', restarts: 0 } },
    });
  });

  it('tell a model that loads from one that hangs', async () => {
    const { inference, main, management } = await start({ ENGINE_STALL_MS: '5000' });
    const [model] = inference.models;
    for (const base of [main, management]) {
      inference.models = [{ ...model, state: 'loading', reason: 'the engine is loading the model' }];
      expect((await ask(`${base}/health`)).status).toBe(200);
      const loading = await ask(`${base}/ready`);
      expect(loading.status).toBe(503);
      expect(JSON.parse(loading.text)).toMatchObject({
        status: 'error',
        error: { 'model:tiny:1': { status: 'down', state: 'loading', reason: 'the engine is loading the model' } },
      });
      inference.models = [{ ...model, sinceProgressMs: 5001 }];
      expect((await ask(`${base}/health`)).status).toBe(503);
      expect((await ask(`${base}/ready`)).status).toBe(503);
    }
  });

  it('stay alive and stop being ready at the first word of a drain', async () => {
    const { app, management } = await start();
    app.get(DrainService).begin();
    expect((await ask(`${management}/health`)).status).toBe(200);
    const { status, text } = await ask(`${management}/ready`);
    expect(status).toBe(503);
    expect(JSON.parse(text)).toMatchObject({
      status: 'shutting_down',
      error: { service: { reason: 'shutting_down' } },
    });
  });

  it('include what other rooms check', async () => {
    const { app, management } = await start();
    app.get(ReadinessChecks).add('api_keys', () => 'no key is loaded');
    const { status, text } = await ask(`${management}/ready`);
    expect(status).toBe(503);
    expect(JSON.parse(text)).toMatchObject({ error: { api_keys: { status: 'down', reason: 'no key is loaded' } } });
  });

  it('are documented once each, with ids that differ', async () => {
    const { app } = await start();
    const document = SwaggerModule.createDocument(app, new DocumentBuilder().build());
    const operations = Object.values(document.paths).flatMap(
      (path) => Object.values(path) as { operationId: string }[],
    );
    const ids = operations.map((operation) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(Object.keys(document.paths)).toEqual(expect.arrayContaining([...PROBES, '/metrics']));
  });
});

describe('the scrape', () => {
  it("has Prometheus' type and the same metrics on both ports", async () => {
    const { app, main, management } = await start();
    app.get(Metrics).addModel('tiny:1');
    const [onMain, onManagement] = [await ask(`${main}/metrics`), await ask(`${management}/metrics`)];
    const names = (scrape: string) => scrape.match(/^# TYPE \S+/gm);
    expect(names(onManagement.text)).toEqual(names(onMain.text));
    for (const { headers, text } of [onMain, onManagement]) {
      expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
      expect(text).toContain('ingot_requests_accepted_total{model="tiny:1"} 0');
    }
  });
});

describe('the management listener', () => {
  it('is off unless its port is set', async () => {
    await start({ MANAGEMENT_PORT: '' });
    expect(app!.get(ManagementListener, { strict: false }).port).toBeNull();
  });

  it('answers nothing but probes and the scrape, in JSON', async () => {
    const { management } = await start();
    const { status, headers, text } = await ask(`${management}/v1/models`);
    expect(status).toBe(404);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'not_found', param: null } });
    expect((await ask(`${management}/health`, 'POST')).status).toBe(405);
  });

  it('closes with the service, and waits for nobody', async () => {
    const { app: running, management } = await start();
    await ask(`${management}/metrics`);
    const slow = connect(Number(new URL(management).port), '127.0.0.1');
    let heard = '';
    slow.on('data', (chunk) => (heard += chunk.toString()));
    const cut = new Promise((resolve) => slow.once('close', resolve));
    slow.write('GET /metrics HTTP/1.1\r\nHost: ');
    // The server has seen the half request when it has answered a whole one that came later.
    await ask(`${management}/health`);
    await running.close();
    app = null;
    await cut;
    // Not even a 408: the connection was cut, not timed out.
    expect(heard).toBe('');
    await expect(ask(`${management}/health`)).rejects.toThrow('fetch failed');
  });

  it('stops the start when its port is taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    await expect(start({ MANAGEMENT_PORT: String(port) })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    taken.close();
  });
});

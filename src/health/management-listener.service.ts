/**
 * The second listener, on MANAGEMENT_PORT: probes and the scrape without credentials, for kubelet and Prometheus. Off
 * unless the port is set; who may reach it is the network's business (a NetworkPolicy in `k8s/`).
 *
 * It opens before the main listener and closes after it, so that a drain can be watched to its end.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, type Config } from '../common/config/config.js';
import { Metrics } from '../common/metrics/metrics.js';
import { LIVE_PATHS, METRICS_PATH, READY_PATHS } from './health-paths.js';
import { HealthService, type HealthAnswer } from './health.service.js';
import { answerManagement, JSON_TYPE, type ManagementAnswer } from './management-routes.js';

/** Requests here are one line and a few headers. */
const SERVER_LIMITS = {
  headersTimeout: 5000,
  requestTimeout: 5000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 8192,
};
const MAX_CONNECTIONS = 256;

@Injectable()
export class ManagementListener implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger('Management');
  private readonly routes: ReadonlyMap<string, () => Promise<ManagementAnswer>>;
  private server: Server | null = null;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    health: HealthService,
    metrics: Metrics,
  ) {
    const live = async () => probeAnswer(await health.live());
    const ready = async () => probeAnswer(await health.ready());
    const scrape = async () => ({
      status: 200,
      headers: { 'content-type': metrics.contentType, 'cache-control': 'no-store' },
      body: await metrics.scrape(),
    });
    this.routes = new Map([
      ...LIVE_PATHS.map((path) => [path, live] as const),
      ...READY_PATHS.map((path) => [path, ready] as const),
      [METRICS_PATH, scrape],
    ]);
  }

  /** Where it listens; null when it does not. */
  get port(): number | null {
    return this.server ? (this.server.address() as AddressInfo).port : null;
  }

  async onApplicationBootstrap(): Promise<void> {
    const { MANAGEMENT_PORT: port, HOST: host } = this.config;
    if (port === null) return;
    const server = createServer(SERVER_LIMITS, (request, response) => void this.serve(request, response));
    server.maxConnections = MAX_CONNECTIONS;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    this.server = server;
    const name = host.includes(':') ? `[${host}]` : host;
    this.log.log(`Management listener on http://${name}:${this.port}, without credentials`);
  }

  async onApplicationShutdown(): Promise<void> {
    const { server } = this;
    if (!server) return;
    this.server = null;
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, headers, body } = await answerManagement(this.routes, request.method!, request.url!);
    response.writeHead(status, {
      ...headers,
      'content-length': Buffer.byteLength(body),
      'x-content-type-options': 'nosniff',
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }
}

function probeAnswer({ status, body }: HealthAnswer): ManagementAnswer {
  return {
    status,
    headers: { 'content-type': JSON_TYPE, 'cache-control': 'no-store' },
    body: JSON.stringify(body),
  };
}

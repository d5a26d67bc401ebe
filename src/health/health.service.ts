/**
 * The two answers to a probe, put into Terminus' words: for the routes of the main port and for the management listener.
 */
import { Inject, Injectable, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, type HealthCheckResult } from '@nestjs/terminus';
import { CONFIG, type Config } from '../common/config/config.js';
import { DrainService } from '../common/lifecycle/drain.service.js';
import { ReadinessChecks } from '../common/lifecycle/readiness-checks.service.js';
import { describeDiagnosis } from '../inference/catalog/manifest.js';
import { InferenceService } from '../inference/inference.service.js';
import type { Finding } from './finding.js';
import { liveness } from './liveness.js';
import { readiness } from './readiness.js';

export interface HealthAnswer {
  status: 200 | 503;
  body: HealthCheckResult;
}

@Injectable()
export class HealthService {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly terminus: HealthCheckService,
    private readonly indicator: HealthIndicatorService,
    private readonly inference: InferenceService,
    private readonly drain: DrainService,
    private readonly checks: ReadinessChecks,
  ) {}

  live(): Promise<HealthAnswer> {
    return this.answer(liveness(this.inference.health().models, this.config.ENGINE_STALL_MS));
  }

  async ready(): Promise<HealthAnswer> {
    const { draining } = this.drain;
    const findings = readiness({
      draining,
      models: this.inference.health().models,
      broken: this.inference.diagnoses().map((d) => ({ id: d.id, diagnosis: describeDiagnosis(d) })),
      checks: this.checks.results(),
      stallMs: this.config.ENGINE_STALL_MS,
    });
    const { status, body } = await this.answer(findings);
    return { status, body: draining ? { ...body, status: 'shutting_down' } : body };
  }

  /** Terminus tells a bad health by throwing; here it is an answer like any other. */
  private async answer(findings: Finding[]): Promise<HealthAnswer> {
    const indicators = findings.map(({ name, ok, details }) => () => {
      const session = this.indicator.check(name);
      return ok ? session.up(details) : session.down(details);
    });
    try {
      return { status: 200, body: await this.terminus.check(indicators) };
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      return { status: 503, body: error.getResponse() as HealthCheckResult };
    }
  }
}

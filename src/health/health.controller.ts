/** The probes on the main port: with credentials, like every route there. HEAD answers the same status. */
import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { HealthCheck, type HealthCheckResult } from '@nestjs/terminus';
import type { Response } from 'express';
import { LIVE_PATHS, READY_PATHS } from './health-paths.js';
import { HealthService, type HealthAnswer } from './health.service.js';

@ApiTags('Operations')
@Controller()
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @Get([...LIVE_PATHS])
  @HealthCheck()
  @ApiOperation({ summary: 'Alive: every engine that has work makes progress' })
  async live(@Res({ passthrough: true }) response: Response): Promise<HealthCheckResult> {
    return send(response, await this.health.live());
  }

  @Get([...READY_PATHS])
  @HealthCheck()
  @ApiOperation({ summary: 'Ready: models loaded and warm, credentials can be checked, not shutting down' })
  async ready(@Res({ passthrough: true }) response: Response): Promise<HealthCheckResult> {
    return send(response, await this.health.ready());
  }
}

function send(response: Response, { status, body }: HealthAnswer): HealthCheckResult {
  response.status(status);
  return body;
}

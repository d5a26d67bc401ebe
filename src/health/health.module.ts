/** Probes: what alive and ready mean, on the main port and on the management listener. */
import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';
import { ManagementListener } from './management-listener.service.js';

@Module({
  // A probe that fails is an answer, not an event: Terminus would log one error a second while a model loads.
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [HealthService, ManagementListener],
})
export class HealthModule {}

/** Gives the one `DrainService` and the one list of readiness checks to every room. */
import { Global, Module } from '@nestjs/common';
import { DrainService } from './drain.service.js';
import { ReadinessChecks } from './readiness-checks.service.js';

@Global()
@Module({ providers: [DrainService, ReadinessChecks], exports: [DrainService, ReadinessChecks] })
export class LifecycleModule {}

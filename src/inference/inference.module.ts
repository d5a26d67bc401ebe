/** The engine room's front, for every room. */
import { Global, Module } from '@nestjs/common';
import { InferenceService } from './inference.service.js';

@Global()
@Module({ providers: [InferenceService], exports: [InferenceService] })
export class InferenceModule {}

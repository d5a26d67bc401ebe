/** One table for all rooms that import this module. */
import { Module } from '@nestjs/common';
import { Capabilities } from './capabilities.service.js';

@Module({ providers: [Capabilities], exports: [Capabilities] })
export class CapabilitiesModule {}

/** The model room. */
import { Module } from '@nestjs/common';
import { CapabilitiesModule } from '../common/capabilities/capabilities.module.js';
import { ModelController } from './model.controller.js';

@Module({ imports: [CapabilitiesModule], controllers: [ModelController] })
export class ModelModule {}

/** The prediction room. */
import { Module } from '@nestjs/common';
import { CapabilitiesModule } from '../common/capabilities/capabilities.module.js';
import { Capabilities } from '../common/capabilities/capabilities.service.js';
import { predictCapabilities } from './predict-capabilities.js';
import { PredictController } from './predict.controller.js';
import { PredictService } from './predict.service.js';

@Module({ imports: [CapabilitiesModule], controllers: [PredictController], providers: [PredictService] })
export class PredictModule {
  constructor(capabilities: Capabilities) {
    capabilities.declare('predict', predictCapabilities());
  }
}

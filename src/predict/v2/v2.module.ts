/** The Open Inference Protocol beside the prediction room's own. */
import { Module } from '@nestjs/common';
import { V2VersionController } from './v2-version.controller.js';
import { V2Controller } from './v2.controller.js';
import { V2Service } from './v2.service.js';

@Module({ controllers: [V2Controller, V2VersionController], providers: [V2Service] })
export class V2Module {}

/** The same three questions about one version of a model. */
import { Body, Controller, Get, Param, Post, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { ClientGone } from '../../common/http/client-gone.decorator.js';
import type { InferBody } from './infer-body.js';
import { InferRequest } from './infer-request.js';
import { InferRoute } from './infer-route.decorator.js';
import { sendInfer, sendReadiness } from './send-answer.js';
import { Ready, V2ErrorResponses } from './v2-answers.js';
import { ModelMetadata } from './v2-metadata.js';
import { V2Service } from './v2.service.js';

@ApiTags('Open Inference Protocol')
@Controller('v2/models/:name/versions/:version')
export class V2VersionController {
  constructor(private readonly v2: V2Service) {}

  @Get()
  @ApiOperation({ operationId: 'versionMetadata', summary: 'A version, its inputs and its outputs' })
  @ApiOkResponse({ standardSchema: ModelMetadata, description: 'The version.' })
  @V2ErrorResponses('model_not_found', 'unsupported_workload', 'model_loading', 'model_failed')
  metadata(@Param('name') name: string, @Param('version') version: string): ModelMetadata {
    return this.v2.metadata(name, version);
  }

  @Get('ready')
  @ApiOperation({ operationId: 'versionReady', summary: 'A version is ready' })
  @ApiOkResponse({ standardSchema: Ready, description: 'Ready; otherwise 503.' })
  @V2ErrorResponses('model_not_found', 'unsupported_workload')
  ready(@Param('name') name: string, @Param('version') version: string, @Res() response: Response): void {
    sendReadiness(response, this.v2.isModelReady(name, version));
  }

  @Post('infer')
  @InferRoute('versionInfer')
  async infer(
    @Body({ schema: InferRequest }) body: unknown,
    @Param('name') name: string,
    @Param('version') version: string,
    @ClientGone() signal: AbortSignal,
    @Res() response: Response,
  ): Promise<void> {
    sendInfer(response, await this.v2.infer(name, version, body as InferBody, signal));
  }
}

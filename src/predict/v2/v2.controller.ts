/** The Open Inference Protocol v2, with the binary tensor extension: what clients of Triton and KServe speak. */
import { Body, Controller, Get, Param, Post, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { ClientGone } from '../../common/http/client-gone.decorator.js';
import type { InferBody } from './infer-body.js';
import { InferRequest } from './infer-request.js';
import { InferRoute } from './infer-route.decorator.js';
import { sendInfer, sendReadiness } from './send-answer.js';
import { Live, Ready, V2ErrorResponses } from './v2-answers.js';
import { ModelMetadata, SERVER_METADATA, ServerMetadata } from './v2-metadata.js';
import { V2Service } from './v2.service.js';

@ApiTags('Open Inference Protocol')
@Controller('v2')
export class V2Controller {
  constructor(private readonly v2: V2Service) {}

  @Get()
  @ApiOperation({ operationId: 'serverMetadata', summary: 'The server and its extensions' })
  @ApiOkResponse({ standardSchema: ServerMetadata, description: 'The server.' })
  @V2ErrorResponses()
  server(): ServerMetadata {
    return SERVER_METADATA;
  }

  @Get('health/live')
  @ApiOperation({ operationId: 'serverLive', summary: 'It answers' })
  @ApiOkResponse({ standardSchema: Live, description: 'Always true.' })
  @V2ErrorResponses()
  live(): { live: boolean } {
    return { live: true };
  }

  @Get('health/ready')
  @ApiOperation({ operationId: 'serverReady', summary: 'Every model is ready' })
  @ApiOkResponse({ standardSchema: Ready, description: 'Ready; otherwise 503.' })
  @V2ErrorResponses()
  ready(@Res() response: Response): void {
    sendReadiness(response, this.v2.isReady);
  }

  @Get('models/:name')
  @ApiOperation({ operationId: 'modelMetadata', summary: 'A model, its inputs and its outputs' })
  @ApiOkResponse({ standardSchema: ModelMetadata, description: 'The model.' })
  @V2ErrorResponses('model_not_found', 'unsupported_workload', 'model_loading', 'model_failed')
  metadata(@Param('name') name: string): ModelMetadata {
    return this.v2.metadata(name, null);
  }

  @Get('models/:name/ready')
  @ApiOperation({ operationId: 'modelReady', summary: 'A model is ready' })
  @ApiOkResponse({ standardSchema: Ready, description: 'Ready; otherwise 503.' })
  @V2ErrorResponses('model_not_found', 'unsupported_workload')
  modelReady(@Param('name') name: string, @Res() response: Response): void {
    sendReadiness(response, this.v2.isModelReady(name, null));
  }

  @Post('models/:name/infer')
  @InferRoute('modelInfer')
  async infer(
    @Body({ schema: InferRequest }) body: unknown,
    @Param('name') name: string,
    @ClientGone() signal: AbortSignal,
    @Res() response: Response,
  ): Promise<void> {
    sendInfer(response, await this.v2.infer(name, null, body as InferBody, signal));
  }
}

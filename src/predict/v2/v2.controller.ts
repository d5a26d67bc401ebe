/** The Open Inference Protocol v2, with the binary tensor extension: what clients of Triton and KServe speak. */
import { Body, Controller, Get, HttpCode, Param, Post, Res, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { ClientGone } from '../../common/http/client-gone.decorator.js';
import { InferBodyGuard } from './infer-body.guard.js';
import { JSON_LENGTH_HEADER, type InferBody } from './infer-body.js';
import { InferRequest } from './infer-request.js';
import { InferResponse, Live, Ready, V2ErrorResponses } from './v2-answers.js';
import { ModelMetadata, SERVER_METADATA, ServerMetadata } from './v2-metadata.js';
import { V2Service } from './v2.service.js';

const MODEL = ['models/:name', 'models/:name/versions/:version'];
const under = (paths: string[], end: string) => paths.map((path) => `${path}/${end}`);

@ApiTags('Open Inference Protocol')
@Controller('v2')
export class V2Controller {
  constructor(private readonly v2: V2Service) {}

  @Get()
  @ApiOperation({ summary: 'The server and its extensions' })
  @ApiOkResponse({ standardSchema: ServerMetadata, description: 'The server.' })
  @V2ErrorResponses()
  server(): ServerMetadata {
    return SERVER_METADATA;
  }

  @Get('health/live')
  @ApiOperation({ summary: 'It answers' })
  @ApiOkResponse({ standardSchema: Live, description: 'Always true.' })
  @V2ErrorResponses()
  live(): { live: boolean } {
    return { live: true };
  }

  @Get('health/ready')
  @ApiOperation({ summary: 'Every model is ready' })
  @ApiOkResponse({ standardSchema: Ready, description: 'Ready; otherwise 503.' })
  @V2ErrorResponses()
  ready(@Res({ passthrough: true }) response: Response): { ready: boolean } {
    return readiness(response, this.v2.isReady);
  }

  @Get(MODEL)
  @ApiOperation({ summary: 'A model, its inputs and its outputs' })
  @ApiOkResponse({ standardSchema: ModelMetadata, description: 'The model.' })
  @V2ErrorResponses('model_not_found', 'unsupported_workload', 'model_loading', 'model_failed')
  metadata(@Param('name') name: string, @Param('version') version?: string): ModelMetadata {
    return this.v2.metadata(name, version ?? null);
  }

  @Get(under(MODEL, 'ready'))
  @ApiOperation({ summary: 'A model is ready' })
  @ApiOkResponse({ standardSchema: Ready, description: 'Ready; otherwise 503.' })
  @V2ErrorResponses('model_not_found', 'unsupported_workload')
  modelReady(
    @Res({ passthrough: true }) response: Response,
    @Param('name') name: string,
    @Param('version') version?: string,
  ): { ready: boolean } {
    return readiness(response, this.v2.isModelReady(name, version ?? null));
  }

  @Post(under(MODEL, 'infer'))
  @HttpCode(200)
  @UseGuards(InferBodyGuard)
  @ApiOperation({
    summary: 'Run a model on tensors',
    description:
      'With the header Inference-Header-Content-Length, inputs may stand behind the JSON in binary; with 0 the body is the ' +
      'bytes of a single input. Outputs come in binary where the request asks for it.',
  })
  @ApiOkResponse({ standardSchema: InferResponse, description: 'The outputs.' })
  @V2ErrorResponses(
    'invalid_json',
    'invalid_type',
    'invalid_value',
    'missing_required_parameter',
    'unsupported_parameter',
    'unsupported_workload',
    'model_not_found',
    'deadline_exceeded',
    'request_too_large',
    'unsupported_media_type',
    'queue_full',
    'model_loading',
    'model_failed',
    'shutting_down',
    'engine_restarted',
    'request_crashed_engine',
  )
  async infer(
    @Body({ schema: InferRequest }) body: unknown,
    @ClientGone() signal: AbortSignal,
    @Res() response: Response,
    @Param('name') name: string,
    @Param('version') version?: string,
  ): Promise<void> {
    const { pieces, jsonLength } = await this.v2.infer(name, version ?? null, body as InferBody, signal);
    response.setHeader('content-type', jsonLength === null ? 'application/json' : 'application/octet-stream');
    response.setHeader(
      'content-length',
      pieces.reduce((sum, piece) => sum + piece.length, 0),
    );
    if (jsonLength !== null) response.setHeader(JSON_LENGTH_HEADER, jsonLength);
    for (const piece of pieces) response.write(piece);
    response.end();
  }
}

function readiness(response: Response, ready: boolean): { ready: boolean } {
  response.status(ready ? 200 : 503);
  return { ready };
}

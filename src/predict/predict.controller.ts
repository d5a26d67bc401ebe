/** `POST /v1/predict`: items in, items out. */
import { Body, Controller, HttpCode, Post, Query, Res, UseFilters, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { z } from 'zod';
import { AppError } from '../common/errors/app-error.js';
import { ERROR_TABLE } from '../common/errors/error-table.js';
import { ClientGone } from '../common/http/client-gone.decorator.js';
import { errorResponsesAs } from '../common/http/error-responses.decorator.js';
import { UploadBody } from '../common/http/upload-body.decorator.js';
import { faultsOf, validationError } from '../common/http/validation-faults.js';
import { IGNORED_HEADER, ignoredHeader } from './ignored-fields.js';
import { MEDIA_TYPES } from './item-content.js';
import { sendPieces } from './send-pieces.js';
import { PredictBodyGuard } from './predict-body.guard.js';
import { PredictBodyPipe, type PredictBody } from './predict-body.pipe.js';
import { PredictErrorFilter } from './predict-error.filter.js';
import { predictErrorBody } from './predict-error.js';
import { PredictQuery, PredictRequest, type PredictEnvelope } from './predict-request.js';
import { PredictErrorResponse, PredictResponse, QueueFullResponse } from './predict-response.js';
import { PredictService, type PredictAnswer } from './predict.service.js';

const DESCRIPTION =
  'Answers each item in order. One that cannot be answered has its error in its place; when none can, and so always for a ' +
  'single item, the whole request fails with that error. A body of another type than application/json is the content of a ' +
  'single item, with its settings in the URL; its answer is plain JSON.';

const PredictErrorResponses = errorResponsesAs((status) =>
  status === ERROR_TABLE.queue_full.status ? z.union([QueueFullResponse, PredictErrorResponse]) : PredictErrorResponse,
);

@ApiTags('Prediction')
@Controller('v1/predict')
@UseGuards(PredictBodyGuard)
@UseFilters(PredictErrorFilter)
export class PredictController {
  constructor(private readonly predictions: PredictService) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ operationId: 'createPrediction', summary: 'Run a model on items', description: DESCRIPTION })
  @ApiQuery({ name: 'model', required: false, type: String, description: 'Where the body does not name it.' })
  @ApiQuery({ name: 'outputs', required: false, type: String, description: 'Names, separated by commas.' })
  @ApiQuery({ name: 'top_k', required: false, type: Number })
  @ApiQuery({ name: 'softmax', required: false, type: Boolean })
  @ApiQuery({ name: 'nan', required: false, enum: ['null', 'string'] })
  @ApiQuery({ name: 'integers', required: false, enum: ['number', 'string'] })
  @ApiQuery({ name: 'encoder', required: false, enum: ['base64', 'json'] })
  @UploadBody(...MEDIA_TYPES.slice(1))
  @ApiOkResponse({ standardSchema: PredictResponse, description: 'The answers, in order.' })
  @PredictErrorResponses(
    'invalid_json',
    'invalid_type',
    'invalid_value',
    'missing_required_parameter',
    'unsupported_value',
    'unsupported_parameter',
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
  async create(
    @Body({ schema: PredictRequest, pipes: [PredictBodyPipe] }) { sent, envelope }: PredictBody,
    @Query() query: unknown,
    @ClientGone() signal: AbortSignal,
    @Res() response: Response,
  ): Promise<void> {
    const ignored = ignoredHeader(sent);
    if (ignored !== null) response.setHeader(IGNORED_HEADER, ignored);
    const answer = await this.predictions.predict(withQuery(envelope, query), signal);
    // Not through `json`: the items are text already, and hashing megabytes for an ETag would hold the main thread.
    await sendPieces(response, answerPieces(answer), signal);
  }
}

/** What the body says wins over the URL; an upload's body says nothing, and its URL everything. */
function withQuery(envelope: PredictEnvelope, query: unknown): PredictEnvelope {
  const result = PredictQuery.safeParse(query);
  if (!result.success) throw validationError(faultsOf(result.error.issues, query));
  const { model, ...parameters } = result.data;
  if (model && envelope.model && model !== envelope.model) {
    throw new AppError('invalid_value', `model: the body says "${envelope.model}" and the URL "${model}".`, {
      param: 'model',
    });
  }
  return {
    ...envelope,
    model: envelope.model ?? model,
    parameters: { ...parameters, ...envelope.parameters },
  };
}

function answerPieces({ modelId, batchSize, inferenceMs, items }: PredictAnswer): string[] {
  const milliseconds = Math.round(inferenceMs * 1000) / 1000;
  const metadata = { model_id: modelId, batch_size: batchSize, inference_time_ms: milliseconds };
  const texts = items.map((item) => (item instanceof AppError ? [JSON.stringify(predictErrorBody(item))] : item));
  return [
    `{"metadata":${JSON.stringify(metadata)},"items":[`,
    ...texts.flatMap((pieces, index) => (index > 0 ? [',', ...pieces] : pieces)),
    ']}',
  ];
}

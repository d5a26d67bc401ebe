/** `POST /v1/chat/completions`: one JSON object, or a stream of server-sent events. */
import { Body, Controller, HttpCode, Inject, Logger, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { CONFIG, type Config } from '../common/config/config.js';
import { AppError } from '../common/errors/app-error.js';
import { ClientGone } from '../common/http/client-gone.decorator.js';
import { ErrorResponses } from '../common/http/error-responses.decorator.js';
import { EventStreamResponse } from '../common/http/event-stream-response.decorator.js';
import { JsonBodyGuard } from '../common/http/json-body.guard.js';
import { EventStream } from '../common/http/sse.js';
import { ValidationPipe } from '../common/http/validation.pipe.js';
import { ChatService } from './chat.service.js';
import { ChatCompletionRequest } from './request/chat-request.js';
import { IGNORED_HEADER, ignoredHeader, ignoredParameters } from './request/ignored-parameters.js';
import { answerHead } from './response/answer-head.js';
import { ChunkFrames } from './response/chunk-frames.js';
import { collect, completionBody, serverTiming } from './response/completion.js';
import { ChatCompletion, ChatCompletionChunk } from './response/response-schemas.js';
import { streamChat } from './response/stream-chat.js';

@ApiTags('Chat')
@Controller('v1/chat')
@UseGuards(JsonBodyGuard)
export class ChatController {
  private readonly log = new Logger('Chat');

  constructor(
    private readonly chat: ChatService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Post('completions')
  @HttpCode(200)
  @ApiOperation({ operationId: 'createChatCompletion', summary: 'Answer a conversation' })
  @ApiOkResponse({ standardSchema: ChatCompletion, description: 'The answer; with stream, its chunks.' })
  @EventStreamResponse(ChatCompletionChunk)
  @ErrorResponses(
    'invalid_json',
    'invalid_type',
    'invalid_value',
    'missing_required_parameter',
    'unsupported_value',
    'unsupported_parameter',
    'context_length_exceeded',
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
  )
  async create(
    @Body({ schema: ChatCompletionRequest, pipes: [ValidationPipe] }) body: ChatCompletionRequest,
    @ClientGone() signal: AbortSignal,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const ignored = ignoredHeader(ignoredParameters(request.body, body));
    if (ignored !== null) response.setHeader(IGNORED_HEADER, ignored);
    const { model, events } = await this.chat.start(body, request.principal?.id ?? 'anonymous', signal);
    const head = answerHead(model);
    if (body.stream) {
      const frames = new ChunkFrames(head, body.stream_options?.include_usage ?? false);
      const stream = new EventStream(response, this.config.STREAM_HEARTBEAT_MS);
      return streamChat(events, stream, frames, signal, (error) => this.tellable(error, request));
    }
    const completion = await collect(events);
    response.setHeader('server-timing', serverTiming(completion));
    response.json(completionBody(head, completion, body.metadata ?? null));
  }
  /** What the filter does for answers that have not begun. */
  private tellable(error: unknown, request: Request): AppError {
    if (error instanceof AppError) return error;
    this.log.error(`The stream of ${request.id} failed: ${error instanceof Error ? error.stack : String(error)}`);
    return new AppError('internal_error', `Something went wrong here. Request id: ${request.id ?? 'unknown'}.`);
  }
}

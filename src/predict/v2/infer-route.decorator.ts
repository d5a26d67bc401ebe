/** What an inference route is, beside its path: how its body is read, and its documentation. */
import { applyDecorators, HttpCode, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { InferBodyGuard } from './infer-body.guard.js';
import { InferResponse, V2ErrorResponses } from './v2-answers.js';

const DESCRIPTION =
  'With the header Inference-Header-Content-Length, inputs may stand behind the JSON in binary; with 0 the body is the ' +
  'bytes of a single input. Outputs come in binary where the request asks for it.';

export function InferRoute(operationId: string): MethodDecorator {
  return applyDecorators(
    HttpCode(200),
    UseGuards(InferBodyGuard),
    ApiOperation({ operationId, summary: 'Run a model on tensors', description: DESCRIPTION }),
    ApiOkResponse({ standardSchema: InferResponse, description: 'The outputs.' }),
    V2ErrorResponses(
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
    ),
  );
}

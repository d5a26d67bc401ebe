/** `GET /v1/model`, `/v1/models`, `/v1/models/{id}`: what is served here. */
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Capabilities } from '../common/capabilities/capabilities.service.js';
import { CONFIG, type Config } from '../common/config/config.js';
import { AppError } from '../common/errors/app-error.js';
import { ErrorResponses } from '../common/http/error-responses.decorator.js';
import { ValidationPipe } from '../common/http/validation.pipe.js';
import { describeDiagnosis } from '../inference/catalog/manifest.js';
import { InferenceService } from '../inference/inference.service.js';
import { isLanguageModel } from '../inference/model-directory.js';
import { ModelCard, modelCard, ModelEntry, modelEntry, ModelList } from './model-card.js';
import { PredictiveModelCard, predictiveModelCard } from './predictive-model-card.js';

const ModelName = z.string().min(1);
const OptionalModelName = ModelName.optional();
const AnyModelCard = z.discriminatedUnion('type', [ModelCard, PredictiveModelCard]);
type AnyModelCard = z.output<typeof AnyModelCard>;

@ApiTags('Models')
@Controller('v1')
export class ModelController {
  constructor(
    private readonly inference: InferenceService,
    private readonly capabilities: Capabilities,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get('model')
  @ApiOperation({ operationId: 'describeModel', summary: 'Everything about one served model' })
  @ApiOkResponse({ standardSchema: AnyModelCard, description: 'The model’s card.' })
  @ApiQuery({ name: 'model', required: false, description: 'Id or name; the first served model when absent.' })
  @ErrorResponses('invalid_type', 'invalid_value', 'model_not_found')
  describe(@Query('model', { schema: OptionalModelName, pipes: [ValidationPipe] }) id?: string): AnyModelCard {
    const model = this.inference.anyModel(id);
    const capabilities = this.capabilities.of(model.manifest.task);
    return isLanguageModel(model)
      ? modelCard(model, capabilities)
      : predictiveModelCard(model, capabilities, this.config.PREDICT_MAX_BATCH);
  }

  @Get('models')
  @ApiOperation({ operationId: 'listModels', summary: 'The models served here' })
  @ApiOkResponse({ standardSchema: ModelList, description: 'Sorted by name; models that failed are left out.' })
  @ErrorResponses()
  list(): ModelList {
    const served = this.inference.allModels().filter((model) => model.state !== 'failed');
    return { object: 'list', data: served.map(modelEntry) };
  }

  @Get('models/:id')
  @ApiOperation({ operationId: 'retrieveModel', summary: 'One served model' })
  @ApiOkResponse({ standardSchema: ModelEntry, description: 'The model.' })
  @ErrorResponses('invalid_value', 'model_not_found', 'model_failed')
  retrieve(@Param('id', { schema: ModelName, pipes: [ValidationPipe] }) id: string): ModelEntry {
    const broken = this.inference.diagnoses().find((diagnosis) => diagnosis.id === id);
    if (broken) throw new AppError('model_failed', describeDiagnosis(broken), { param: 'model' });
    const model = this.inference.anyModel(id);
    if (model.state === 'failed') throw new AppError('model_failed', `${model.reason}.`, { param: 'model' });
    return modelEntry(model);
  }
}

/**
 * Puts the OpenAPI document at `/openapi.json` and Swagger UI at `/docs`. All assets come from this service, and all
 * links are relative, so that both work offline and behind an ingress that strips a path prefix.
 */
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { NextFunction, Request, Response } from 'express';
import { InferenceService } from '../inference/inference.service.js';
import { withEventStreams, withExamples, withUploads } from './document.js';
import { exampleRequests } from './example-requests.js';
import { predictExamples } from './predict-examples.js';
import { convertSchema } from './json-schema.js';

const DESCRIPTION =
  'Chat on ONNX models, compatible with OpenAI’s Chat Completions, and predictions by any other ONNX model. Every request ' +
  'field is honoured, refused by name, or named in the reply header `x-ignored-parameters`; `x-support` on a field of chat ' +
  'says which.';

export function installDocs(app: NestExpressApplication): void {
  const inference = app.get(InferenceService);
  app.use('/docs', withoutTrailingSlash);
  let built: OpenAPIObject | undefined;
  SwaggerModule.setup('docs', app, () => (built ??= buildDocument(app)), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Ingot API',
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true },
    patchDocumentOnRequest: (_request, _response, document) =>
      withExamples(document, [
        ...exampleRequests(inference.models()),
        ...predictExamples(inference.predictionModels()),
      ]),
  });
}

export function buildDocument(app: NestExpressApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Ingot')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addTag('Chat')
    .addTag('Prediction')
    .addTag('Open Inference Protocol')
    .addTag('Models')
    .addTag('Operations')
    // Relative to the document: `/prefix/openapi.json` and `/prefix/docs` both mean `/prefix/`.
    .addServer('./', 'This service')
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', description: 'An API key, or a Microsoft Entra ID token.' },
      'bearer',
    )
    .addApiKey({ type: 'apiKey', in: 'header', name: 'api-key' }, 'api-key')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-KEY' }, 'x-api-key')
    .addSecurityRequirements('bearer')
    .addSecurityRequirements('api-key')
    .addSecurityRequirements('x-api-key')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    standardSchemaConverter: (schema, { schemaType }) => convertSchema(schema, schemaType),
  });
  return withUploads(withEventStreams(document));
}

/** Links of the page are relative to `/docs`; from `/docs/` they would miss. */
function withoutTrailingSlash(request: Request, response: Response, next: NextFunction): void {
  const path = request.originalUrl.split('?')[0];
  if (path.endsWith('/docs/')) response.redirect(308, '../docs');
  else next();
}

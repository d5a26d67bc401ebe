/**
 * The OpenAPI document in its parts: what stays the same for one run of the service, and what each reader gets.
 *
 * It does not know Nest or HTTP: plain objects in, plain objects out.
 */
import { UPLOAD_BODY_MARK } from '../common/http/upload-body.decorator.js';
import { EVENT_STREAM_MARK } from '../common/http/event-stream-response.decorator.js';
import type { ExampleRequest } from './example-requests.js';
import { splitDefinitions, type JsonSchema } from './json-schema.js';

type Operation = {
  [EVENT_STREAM_MARK]?: JsonSchema;
  [UPLOAD_BODY_MARK]?: string[];
  responses?: Record<string, { content?: Record<string, unknown> }>;
  requestBody?: { content?: Record<string, { schema?: unknown; examples?: unknown }> };
};

/** The parts of a document that are read and written here; all else passes through. */
interface Parts {
  paths: Record<string, Record<string, unknown>>;
  components?: { schemas?: Record<string, unknown> };
}

/** Gives routes that also stream a second media type. @returns a new document */
export function withEventStreams<Document extends object>(document: Document): Document {
  const result = structuredClone(document);
  const parts = result as unknown as Parts;
  for (const operation of operations(parts)) {
    const mark = operation[EVENT_STREAM_MARK];
    if (!mark) continue;
    delete operation[EVENT_STREAM_MARK];
    const { schema, components } = splitDefinitions(mark);
    parts.components = { ...parts.components, schemas: { ...parts.components?.schemas, ...components } };
    const answer = operation.responses?.['200'];
    if (answer) answer.content = { ...answer.content, 'text/event-stream': { schema } };
  }
  return result;
}

/** Gives routes that also take a file its media types: a file chooser for images, a text field for text. @returns a new document */
export function withUploads<Document extends object>(document: Document): Document {
  const result = structuredClone(document);
  for (const operation of operations(result as unknown as Parts)) {
    const mediaTypes = operation[UPLOAD_BODY_MARK];
    if (!mediaTypes) continue;
    delete operation[UPLOAD_BODY_MARK];
    const schema = (mediaType: string) =>
      mediaType.startsWith('text/') ? { type: 'string' } : { type: 'string', format: 'binary' };
    const uploads = Object.fromEntries(mediaTypes.map((mediaType) => [mediaType, { schema: schema(mediaType) }]));
    operation.requestBody = { ...operation.requestBody, content: { ...operation.requestBody?.content, ...uploads } };
  }
  return result;
}

/** Puts examples for the models of this moment into the request bodies. @returns a new document */
export function withExamples<Document extends object>(
  document: Document,
  requests: readonly ExampleRequest[],
): Document {
  const result = structuredClone(document);
  const parts = result as unknown as Parts;
  for (const { path, method, examples } of requests) {
    const operation = parts.paths[path]?.[method] as Operation | undefined;
    const media = operation?.requestBody?.content?.['application/json'];
    if (media) media.examples = examples;
  }
  return result;
}

function operations(document: Parts): Operation[] {
  return Object.values(document.paths).flatMap((item) => Object.values(item) as Operation[]);
}

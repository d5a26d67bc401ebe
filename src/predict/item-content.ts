/**
 * One item of a request, unwrapped: its content as bytes, as text or as a JSON value. It does not know the model.
 */
import { isUtf8 } from 'node:buffer';
import { AppError } from '../common/errors/app-error.js';
import { faultsOf, validationError } from '../common/http/validation-faults.js';
import { describeValue } from '../common/http/validation-words.js';
import { decodeBase64 } from './base64.js';
import { IMAGE_CONTENT_TYPES } from './image/image-format.js';
import { readJson } from './json-reader.js';
import type { Pace } from './pace.js';
import { PredictItem } from './predict-request.js';

export type Encoder = 'base64' | 'json';

export type ItemContent =
  | { kind: 'json'; value: unknown }
  | { kind: 'csv'; text: string }
  | { kind: 'text'; text: string }
  | { kind: 'image'; bytes: Uint8Array; contentType: string };

const KINDS: Readonly<Record<string, ItemContent['kind']>> = {
  'application/json': 'json',
  'text/csv': 'csv',
  'text/plain': 'text',
  ...Object.fromEntries(Object.keys(IMAGE_CONTENT_TYPES).map((type) => [type, 'image'])),
};

/** The media types that an item, or a body of its own, may have. */
export const MEDIA_TYPES: readonly string[] = Object.keys(KINDS);

/** `image/PNG; q=1` → `image/png`. */
export function mediaTypeOf(contentType: string): string {
  return contentType.split(';', 1)[0].trim().toLowerCase();
}

/**
 * @param param where the item stands: `items.0`
 * @throws AppError that names the item's field
 */
export function checkItem(json: unknown, param: string): PredictItem {
  const result = PredictItem.safeParse(json);
  if (!result.success) {
    const [, index] = param.split('.');
    const issues = result.error.issues.map((issue) => ({ ...issue, path: ['items', Number(index), ...issue.path] }));
    const body = { items: { [Number(index)]: json } };
    throw validationError(faultsOf(issues, body));
  }
  if (result.data.data !== undefined) return result.data;
  throw new AppError('missing_required_parameter', `${param}.data is required.`, { param: `${param}.data` });
}

/** An upload is not wrapped, so neither is its answer. */
export function encoderOf({ encoder, data }: PredictItem): Encoder {
  return encoder ?? (typeof data === 'string' ? 'base64' : 'json');
}

/** @throws AppError `unsupported_media_type`, `invalid_value`, `invalid_type`, `invalid_json` */
export async function itemContent(item: PredictItem, param: string, pace: Pace): Promise<ItemContent> {
  const contentType = mediaTypeOf(item.content_type);
  const kind = Object.hasOwn(KINDS, contentType) ? KINDS[contentType] : null;
  if (kind === null) {
    throw new AppError(
      'unsupported_media_type',
      `${param}.content_type: expected one of ${MEDIA_TYPES.join(', ')}; got ${describeValue(item.content_type)}.`,
      { param: `${param}.content_type` },
    );
  }
  // The body of a request that is the content itself.
  if (item.data instanceof Uint8Array) return contentOfBytes(item.data, kind, contentType, `${param}.data`, pace);
  if (encoderOf(item) === 'base64') {
    const bytes = await bytesOf(item.data, `${param}.data`, pace);
    return contentOfBytes(bytes, kind, contentType, `${param}.data`, pace);
  }
  if (kind === 'json') return { kind, value: item.data };
  if (kind === 'image') {
    throw new AppError('invalid_value', `${param}.encoder: expected "base64" for an image; got "json".`, {
      param: `${param}.encoder`,
    });
  }
  if (typeof item.data === 'string') return { kind, text: item.data };
  throw new AppError('invalid_type', `${param}.data: expected a string; got ${describeValue(item.data)}.`, {
    param: `${param}.data`,
  });
}

/** @throws AppError `invalid_json`, `invalid_value` */
export async function contentOfBytes(
  bytes: Uint8Array,
  kind: ItemContent['kind'],
  contentType: string,
  param: string,
  pace: Pace,
): Promise<ItemContent> {
  if (kind === 'image') return { kind, bytes, contentType };
  if (kind === 'json') return { kind, value: await readJson(bytes, { name: param, param }, pace) };
  if (!isUtf8(bytes)) throw new AppError('invalid_value', `${param}: expected UTF-8 text.`, { param });
  return { kind, text: new TextDecoder().decode(bytes) };
}

async function bytesOf(data: unknown, param: string, pace: Pace): Promise<Uint8Array> {
  if (typeof data !== 'string') {
    throw new AppError('invalid_type', `${param}: expected a string in base64; got ${describeValue(data)}.`, { param });
  }
  const bytes = await decodeBase64(data, pace);
  if (bytes !== null) return bytes;
  const hint = data.startsWith('data:') ? '; leave out what stands before the comma' : '';
  throw new AppError('invalid_value', `${param}: expected base64${hint}; got ${describeValue(data)}.`, { param });
}

/**
 * Documents that a route also takes a file as its whole body, under these media types.
 *
 * Nest's own decorators give every media type of a body one schema; the documents room reads this mark and adds the types.
 */
import { ApiExtension } from '@nestjs/swagger';

export const UPLOAD_BODY_MARK = 'x-upload-body';

export function UploadBody(...mediaTypes: string[]): MethodDecorator {
  return ApiExtension(UPLOAD_BODY_MARK, mediaTypes) as MethodDecorator;
}

/**
 * A body as `PredictBodyGuard` read it → a checked envelope: JSON as it says; any other content is one item by itself.
 *
 * Use: `@Body({ schema: PredictRequest, pipes: [PredictBodyPipe] })`. The schema documents the route; the items inside are
 * checked later, one by one.
 */
import { Injectable, type PipeTransform } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import { faultsOf, validationError } from '../common/http/validation-faults.js';
import { readJson } from './json-reader.js';
import { Pace } from './pace.js';
import type { ReadBody } from './predict-body.guard.js';
import { PredictEnvelope } from './predict-request.js';

export interface PredictBody {
  /** Null: the content came as the body itself, with its settings in the URL. */
  sent: unknown;
  envelope: PredictEnvelope;
}

@Injectable()
export class PredictBodyPipe implements PipeTransform<ReadBody, Promise<PredictBody>> {
  async transform({ mediaType, bytes }: ReadBody): Promise<PredictBody> {
    if (mediaType !== 'application/json') return { sent: null, envelope: uploadedEnvelope(mediaType, bytes) };
    if (bytes.length === 0) throw new AppError('missing_required_parameter', 'A JSON body is required.');
    const sent = await readJson(bytes, { name: 'The body', param: null }, new Pace());
    const result = PredictEnvelope.safeParse(sent);
    if (!result.success) throw validationError(faultsOf(result.error.issues, sent));
    return { sent, envelope: result.data };
  }
}

function uploadedEnvelope(mediaType: string, bytes: Uint8Array): PredictEnvelope {
  return { items: [{ content_type: mediaType, data: bytes }] };
}

/** How large a picture may be, said before any pixel is decoded. */
import { AppError } from '../../common/errors/app-error.js';
import type { Size } from './pipeline.js';

export interface ImageLimits {
  /** Width times height, of a file's picture and of what it is resized to. */
  maxPixels: number;
}

/** @param subject what is so large, as a sentence's beginning */
export function refuseTooManyPixels(subject: string, { width, height }: Size, { maxPixels }: ImageLimits): void {
  if (width * height <= maxPixels) return;
  throw new AppError(
    'invalid_value',
    `${subject} ${width} x ${height}, ${width * height} pixels; the limit is ${maxPixels} (PREDICT_MAX_PIXELS).`,
  );
}

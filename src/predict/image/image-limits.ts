/** How large a picture may be, said before any pixel is decoded. */
import { AppError } from '../../common/errors/app-error.js';
import type { Size } from './pipeline.js';

export interface ImageLimits {
  /** Width times height, of a file's picture and of what it is resized to. */
  maxPixels: number;
}

/** What a JPEG can have at most. Resizing sets aside memory for each place along an edge. */
const MAX_EDGE = 65_535;

/**
 * @param subject what is so large, as a sentence's beginning
 * @throws AppError `invalid_value`
 */
export function refuseTooLarge(subject: string, { width, height }: Size, { maxPixels }: ImageLimits): void {
  const size = `${subject} ${width} x ${height}`;
  if (Math.max(width, height) > MAX_EDGE) {
    throw new AppError('invalid_value', `${size} pixels; no edge may be longer than ${MAX_EDGE}.`);
  }
  if (width * height <= maxPixels) return;
  throw new AppError(
    'invalid_value',
    `${size}, ${width * height} pixels; the limit is ${maxPixels} (PREDICT_MAX_PIXELS).`,
  );
}

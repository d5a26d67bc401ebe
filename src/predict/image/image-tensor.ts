/**
 * A picture file → one input tensor with a batch of one: decode, turn, resize, crop, scale, order. The steps are those of
 * the pipeline; without settings they are upstream's: RGB, stretched to the input's size (bilinear), / 255, ImageNet's
 * mean and deviation, layout from the shape. Inputs of whole numbers get the levels 0 to 255 as they are.
 */
import type { TensorValue, ValueSignature } from '../../inference/prediction-model.js';
import { crop } from './crop.js';
import { decodeImage, readImageHeader } from './decode-image.js';
import { imageFormat } from './image-format.js';
import { refuseTooLarge, type ImageLimits } from './image-limits.js';
import { levelValues } from './level-values.js';
import type { ImagePipeline, Size } from './pipeline.js';
import { withPixels } from './pixel-budget.js';
import { toGrey } from './pixels.js';
import { resize } from './resample.js';
import { planTensor } from './tensor-plan.js';

/**
 * @param contentType as the caller declares it
 * @throws AppError `unsupported_media_type` for a type that is no served picture format; `invalid_value` for bytes that
 *   are not what they are declared as, damaged or too large, and for a picture that cannot become the input
 */
export async function imageTensor(
  bytes: Uint8Array,
  contentType: string,
  input: ValueSignature,
  pipeline: ImagePipeline,
  limits: ImageLimits,
): Promise<TensorValue> {
  const format = imageFormat(bytes, contentType);
  const header = await readImageHeader(bytes, format);
  const plan = planTensor(input, pipeline, header);
  const pixels = largest(header, plan.resize, limits);
  return withPixels(pixels, limits, async () => {
    const decoded = await decodeImage(bytes, format, header);
    const coloured = plan.channels === 1 ? await toGrey(decoded) : decoded;
    const resized = await resize(coloured, plan.resize, pipeline.resample);
    return levelValues(crop(resized, plan.crop), plan, pipeline, input.name);
  });
}

/** Between the two passes of resizing the picture has the new width and the old height. */
function largest(file: Size, resized: Size, limits: ImageLimits): number {
  const between = { width: resized.width, height: file.height };
  refuseTooLarge('The image is', file, limits);
  refuseTooLarge('The image would be resized to', resized, limits);
  refuseTooLarge('The image would be resized by way of', between, limits);
  return Math.max(...[file, resized, between].map(({ width, height }) => width * height));
}

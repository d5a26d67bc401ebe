/**
 * What a picture of a given size must become to be a given input: channels, layout, sizes. Arithmetic over the input's
 * signature and the pipeline; it touches no pixel.
 */
import { AppError } from '../../common/errors/app-error.js';
import type { Dtype, ValueSignature } from '../../inference/prediction-model.js';
import type { ImagePipeline, Size } from './pipeline.js';

export interface TensorPlan {
  dtype: Dtype;
  channels: 1 | 3;
  layout: 'NCHW' | 'NHWC';
  resize: Size;
  /** What is taken from the middle; the size of the tensor. */
  crop: Size;
}

type Axis = number | string | null;
type Layout = TensorPlan['layout'];

const CHANNEL_AXIS = { NCHW: 1, NHWC: 3 } as const;
const ROW_AXIS = { NCHW: 2, NHWC: 1 } as const;

/** @throws AppError `invalid_value` that names the axis or the setting at fault */
export function planTensor(input: ValueSignature, pipeline: ImagePipeline, image: Size): TensorPlan {
  const { dtype, shape } = input;
  if (dtype === null || dtype === 'string' || dtype === 'bool') {
    throw refuse(`The input "${input.name}" takes ${input.type}, which no picture can become.`);
  }
  if (shape === null || shape.length !== 4) {
    const rank = shape === null ? 'no declared rank' : `rank ${shape.length}`;
    throw refuse(`The input "${input.name}" has ${rank}; a picture needs 4 axes, NCHW or NHWC.`);
  }
  const layout = layoutOf(input, shape, pipeline);
  const channels = channelsOf(input, shape[CHANNEL_AXIS[layout]], pipeline);
  const rows = shape[ROW_AXIS[layout]];
  const columns = shape[ROW_AXIS[layout] + 1];
  const resized = resizedTo(input, pipeline, image, rows, columns);
  const crop = pipeline.crop ?? resized;
  refuseMisfit(input, crop, rows, columns);
  return { dtype, channels, layout, resize: resized, crop };
}

/** A fixed axis of 3 or 1 is the channels; then a name says it; then the setting. */
function layoutOf(input: ValueSignature, shape: Axis[], pipeline: ImagePipeline): Layout {
  const candidates = (['NCHW', 'NHWC'] as const).filter((layout) => isChannelCount(shape[CHANNEL_AXIS[layout]]));
  if (candidates.length === 1) return candidates[0];
  if (pipeline.layout !== null) return pipeline.layout;
  const named = (['NCHW', 'NHWC'] as const).filter((layout) => isChannelName(shape[CHANNEL_AXIS[layout]]));
  if (named.length === 1) return named[0];
  if (candidates.length === 2) return 'NCHW';
  throw refuse(
    `The input "${input.name}" has the shape ${describe(shape)}, where no axis is a picture's 3 or 1 channels; set "layout" to NCHW or NHWC if it takes pictures.`,
  );
}

function isChannelCount(axis: Axis): boolean {
  return axis === 3 || axis === 1;
}

function isChannelName(axis: Axis): boolean {
  return typeof axis === 'string' && /^c$|channel/i.test(axis);
}

function channelsOf(input: ValueSignature, axis: Axis, { channelOrder }: ImagePipeline): 1 | 3 {
  const wanted = channelOrder === null ? null : channelOrder === 'grey' ? 1 : 3;
  if (typeof axis !== 'number') return wanted ?? 3;
  if (axis !== 3 && axis !== 1) {
    throw refuse(`The input "${input.name}" takes ${axis} channels; a picture has 3 or 1.`);
  }
  if (wanted === null || wanted === axis) return axis;
  throw refuse(
    `The input "${input.name}" takes ${axis} channels, but "channel_order" ${channelOrder} makes ${wanted}.`,
  );
}

function resizedTo(
  input: ValueSignature,
  { resize, crop }: ImagePipeline,
  image: Size,
  rows: Axis,
  columns: Axis,
): Size {
  if (resize.mode === 'none') return image;
  if (resize.mode === 'stretch') return resize.size;
  if (resize.mode === 'shortest_edge') return withShortestEdge(image, resize.edge);
  if (typeof rows === 'number' && typeof columns === 'number') return { height: rows, width: columns };
  // A crop says how large the tensor is, and nothing about the scale.
  if (crop !== null) return image;
  if (typeof rows !== 'number' && typeof columns !== 'number' && mayBe(image, rows, columns)) return image;
  throw refuse(
    `The input "${input.name}" leaves the size of a picture open (height ${axisName(rows)}, width ${axisName(columns)}), and this one is ${image.height} x ${image.width}; set "size" to {"height", "width"}.`,
  );
}

/** Axes of one name have one size; a question mark is no name. */
function mayBe(image: Size, rows: Axis, columns: Axis): boolean {
  return image.height === image.width || rows !== columns || rows === null || rows === '?';
}

/** The longer edge keeps the proportion and loses its fraction, as torchvision and Transformers do it. */
function withShortestEdge({ height, width }: Size, edge: number): Size {
  if (width <= height) return { width: edge, height: Math.trunc((edge * height) / width) };
  return { height: edge, width: Math.trunc((edge * width) / height) };
}

function refuseMisfit(input: ValueSignature, made: Size, rows: Axis, columns: Axis): void {
  if ((typeof rows !== 'number' || rows === made.height) && (typeof columns !== 'number' || columns === made.width))
    return;
  throw refuse(
    `The input "${input.name}" takes pictures of ${axisName(rows)} x ${axisName(columns)} (height x width); the settings make ${made.height} x ${made.width}.`,
  );
}

function axisName(axis: Axis): string {
  return axis === null ? '?' : String(axis);
}

function describe(shape: Axis[]): string {
  return `[${shape.map(axisName).join(', ')}]`;
}

function refuse(message: string): AppError {
  return new AppError('invalid_value', message);
}

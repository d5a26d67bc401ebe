/**
 * Pixels → the numbers of a tensor. A level has one value per channel, so 256 values a channel are computed once and
 * looked up.
 */
import { AppError } from '../../common/errors/app-error.js';
import type { Dtype, TensorValue } from '../../inference/prediction-model.js';
import { toFloat16Bits } from '../float16.js';
import { inTurns } from './in-turns.js';
import { IMAGENET_MEAN, IMAGENET_STD, type ImagePipeline } from './pipeline.js';
import type { Pixels } from './pixels.js';
import type { TensorPlan } from './tensor-plan.js';

const LEVELS = 256;

interface Store {
  array: new (length: number) => Exclude<TensorValue['data'], string[]>;
  /** Whole numbers: the range; null for floats. */
  range: [number, number] | null;
  encode(value: number): number | bigint;
}

const plain = (value: number): number => value;

const STORES: Readonly<Record<Exclude<Dtype, 'bool' | 'string'>, Store>> = {
  float16: { array: Uint16Array, range: null, encode: toFloat16Bits },
  float32: { array: Float32Array, range: null, encode: plain },
  float64: { array: Float64Array, range: null, encode: plain },
  int8: { array: Int8Array, range: [-128, 127], encode: plain },
  int16: { array: Int16Array, range: [-(2 ** 15), 2 ** 15 - 1], encode: plain },
  int32: { array: Int32Array, range: [-(2 ** 31), 2 ** 31 - 1], encode: plain },
  int64: { array: BigInt64Array, range: [-(2 ** 53), 2 ** 53], encode: BigInt },
  uint8: { array: Uint8Array, range: [0, 255], encode: plain },
  uint16: { array: Uint16Array, range: [0, 2 ** 16 - 1], encode: plain },
  uint32: { array: Uint32Array, range: [0, 2 ** 32 - 1], encode: plain },
  uint64: { array: BigUint64Array, range: [0, 2 ** 53], encode: BigInt },
};

/** @throws AppError `invalid_value` when whole numbers of the input's width cannot hold what the settings make */
export async function levelValues(
  pixels: Pixels,
  plan: TensorPlan,
  pipeline: ImagePipeline,
  input: string,
): Promise<TensorValue> {
  const store = STORES[plan.dtype as keyof typeof STORES];
  const { width, height, channels } = pixels;
  const flipped = pipeline.channelOrder === 'BGR' && channels === 3;
  const data = new store.array(pixels.data.length) as { [index: number]: number | bigint };
  const pixelStride = plan.layout === 'NCHW' ? 1 : channels;
  const channelStride = plan.layout === 'NCHW' ? width * height : 1;
  for (let channel = 0; channel < channels; channel++) {
    const from = flipped ? 2 - channel : channel;
    const scaling = scalingOf(pipeline, store.range === null, channels, channel, from);
    const table = tableOf(store, scaling, plan.dtype, input);
    const offset = channel * channelStride;
    await inTurns(width * height, 1, (first, end) => {
      for (let pixel = first; pixel < end; pixel++) {
        data[offset + pixel * pixelStride] = table[pixels.data[pixel * channels + from]];
      }
    });
  }
  const shape = plan.layout === 'NCHW' ? [1, channels, height, width] : [1, height, width, channels];
  return { kind: 'tensor', dtype: plan.dtype, shape, data: data as unknown as TensorValue['data'] };
}

interface Scaling {
  scale: number;
  mean: number;
  std: number;
}

function tableOf(store: Store, { scale, mean, std }: Scaling, dtype: Dtype, input: string): (number | bigint)[] {
  return Array.from({ length: LEVELS }, (_, level) => {
    const value = (level * scale - mean) / std;
    if (store.range === null) return store.encode(value);
    const whole = Math.round(value);
    if (whole >= store.range[0] && whole <= store.range[1]) return store.encode(whole);
    throw new AppError(
      'invalid_value',
      `The input "${input}" takes ${dtype}, but the settings make ${value} of level ${level}; check rescale_factor, image_mean and image_std.`,
    );
  });
}

/**
 * What is not set: floats are scaled and, with three channels, normalised; whole numbers stay levels.
 * @param channel in the tensor's order, which is that of a mean and deviation somebody set
 * @param colour in the order red, green, blue, which is ImageNet's
 */
function scalingOf(
  { rescale, normalise }: ImagePipeline,
  isFloat: boolean,
  channels: number,
  channel: number,
  colour: number,
): Scaling {
  const scale = rescale ?? (isFloat ? 1 / 255 : 1);
  if (normalise === 'off') return { scale, mean: 0, std: 1 };
  if (normalise !== null) {
    return { scale, mean: ofChannel(normalise.mean, channel), std: ofChannel(normalise.std, channel) };
  }
  if (!isFloat || channels === 1) return { scale, mean: 0, std: 1 };
  return { scale, mean: IMAGENET_MEAN[colour], std: IMAGENET_STD[colour] };
}

/** One value stands for every channel. */
function ofChannel(values: number[], channel: number): number {
  return values[Math.min(channel, values.length - 1)];
}

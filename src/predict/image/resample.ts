/**
 * Resizing as Pillow does it, to the bit: antialiased (the kernel widens with the reduction), rows first and then columns
 * (Pillow 13 began to choose the order by cost), 8 bits between the passes, weights in 22-bit fixed point. Models were
 * trained on pictures resized so; other resizers differ by several levels at edges.
 *
 * Large pictures are worked on in turns with everything else on the main thread.
 */
import { Pace } from '../pace.js';
import { KERNELS, type Kernel, type Resample } from './filters.js';
import type { Size } from './pipeline.js';
import type { Pixels } from './pixels.js';

/** Bits after the point: 8 of the value and 2 for overshoot leave 22 of 32. */
const PRECISION = 22;
/** Multiplications between two looks at the clock: well below a millisecond. */
const STRIDE = 200_000;

/** For each place along the new axis: which source places count, and how much. */
interface Weights {
  size: number;
  /** First source place of each target place. */
  first: Int32Array;
  counts: Int32Array;
  /** `[size, widest]`, fixed point; beyond a place's count: unused. */
  factors: Int32Array;
  widest: number;
}

/** @param size at least 1 x 1 */
export async function resize(source: Pixels, size: Size, resample: Resample): Promise<Pixels> {
  if (source.width === size.width && source.height === size.height) return source;
  if (resample === 'nearest') return nearest(source, size);
  const kernel = KERNELS[resample];
  let pixels = source;
  if (source.width !== size.width) pixels = await alongRows(pixels, weightsOf(source.width, size.width, kernel));
  if (source.height !== size.height) pixels = await alongColumns(pixels, weightsOf(source.height, size.height, kernel));
  return pixels;
}

/** Pillow takes the pixel under the middle of each new one, stepping by addition. */
function nearest(source: Pixels, { width, height }: Size): Pixels {
  const { channels } = source;
  const columns = middles(source.width, width);
  const rows = middles(source.height, height);
  const data = new Uint8Array(width * height * channels);
  let to = 0;
  for (const row of rows) {
    for (const column of columns) {
      const from = (row * source.width + column) * channels;
      for (let channel = 0; channel < channels; channel++) data[to++] = source.data[from + channel];
    }
  }
  return { width, height, channels, data };
}

function middles(from: number, to: number): Int32Array {
  const step = from / to;
  let place = step * 0.5;
  return Int32Array.from({ length: to }, () => {
    const index = Math.min(from - 1, Math.floor(place));
    place += step;
    return index;
  });
}

function weightsOf(from: number, to: number, kernel: Kernel): Weights {
  const scale = from / to;
  const widening = Math.max(scale, 1);
  const reach = kernel.reach * widening;
  const widest = Math.ceil(reach) * 2 + 1;
  const weights: Weights = {
    size: to,
    first: new Int32Array(to),
    counts: new Int32Array(to),
    factors: new Int32Array(to * widest),
    widest,
  };
  for (let place = 0; place < to; place++) {
    const middle = (place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(middle - reach + 0.5));
    const end = Math.min(from, Math.trunc(middle + reach + 0.5));
    const raw = Array.from({ length: end - first }, (_, i) => kernel.weight((i + first - middle + 0.5) / widening));
    const sum = raw.reduce((total, weight) => total + weight, 0);
    weights.first[place] = first;
    weights.counts[place] = raw.length;
    raw.forEach((weight, i) => {
      weights.factors[place * widest + i] = toFixedPoint(sum === 0 ? weight : weight / sum);
    });
  }
  return weights;
}

function toFixedPoint(weight: number): number {
  return Math.trunc((weight < 0 ? -0.5 : 0.5) + weight * 2 ** PRECISION);
}

/** Each row becomes `weights.size` wide. */
async function alongRows(source: Pixels, weights: Weights): Promise<Pixels> {
  const { channels, height } = source;
  const data = new Uint8Array(weights.size * height * channels);
  await rowByRow(height, weights.size * channels * weights.widest, (row) => {
    const from = row * source.width * channels;
    const to = row * weights.size * channels;
    for (let place = 0; place < weights.size; place++) {
      for (let channel = 0; channel < channels; channel++) {
        const start = from + weights.first[place] * channels + channel;
        data[to + place * channels + channel] = weighted(source.data, start, channels, weights, place);
      }
    }
  });
  return { width: weights.size, height, channels, data };
}

/** Each column becomes `weights.size` high. */
async function alongColumns(source: Pixels, weights: Weights): Promise<Pixels> {
  const { channels, width } = source;
  const stride = width * channels;
  const data = new Uint8Array(stride * weights.size);
  await rowByRow(weights.size, stride * weights.widest, (row) => {
    const from = weights.first[row] * stride;
    for (let i = 0; i < stride; i++) data[row * stride + i] = weighted(source.data, from + i, stride, weights, row);
  });
  return { width, height: weights.size, channels, data };
}

function weighted(data: Uint8Array, start: number, stride: number, weights: Weights, place: number): number {
  const { factors, widest, counts } = weights;
  const offset = place * widest;
  const count = counts[place];
  let sum = 1 << (PRECISION - 1);
  for (let i = 0, at = start; i < count; i++, at += stride) sum += data[at] * factors[offset + i];
  const level = sum >> PRECISION;
  return level < 0 ? 0 : level > 255 ? 255 : level;
}

/** @param cost multiplications a row */
async function rowByRow(rows: number, cost: number, work: (row: number) => void): Promise<void> {
  const pace = new Pace();
  let spent = 0;
  for (let row = 0; row < rows; row++) {
    work(row);
    spent += cost;
    if (spent < STRIDE) continue;
    spent = 0;
    if (pace.isDue) await pace.rest();
  }
}

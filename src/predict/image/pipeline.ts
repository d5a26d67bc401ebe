/**
 * The way from a picture to a tensor as one value, read from the settings of the model and of the request. It does not
 * know the tensor's shape: `tensor-plan.ts` brings both together.
 */
import type { z } from 'zod';
import { AppError } from '../../common/errors/app-error.js';
import type { Resample } from './filters.js';
import { CROP_PCT_PROCESSOR, ImageSettings, SHORTEST_EDGE_PROCESSORS, UNSUPPORTED_SWITCHES } from './image-settings.js';

export interface Size {
  height: number;
  width: number;
}

/** Null in a field: not set; what then holds depends on the tensor. */
export interface ImagePipeline {
  channelOrder: 'RGB' | 'BGR' | 'grey' | null;
  layout: 'NCHW' | 'NHWC' | null;
  /** `none`: the picture keeps its size. `model`: as the tensor's fixed axes say. */
  resize:
    | { mode: 'none' }
    | { mode: 'model' }
    | { mode: 'stretch'; size: Size }
    | { mode: 'shortest_edge'; edge: number };
  resample: Resample;
  /** The middle of the resized picture. */
  crop: Size | null;
  /** Factor of the levels; null: not set. 1: none. */
  rescale: number | null;
  /** Subtracted and divided after scaling; `off`: not done. */
  normalise: { mean: number[]; std: number[] } | 'off' | null;
}

/** What Pillow's numbers for its filters mean. */
const RESAMPLE_NUMBERS: Resample[] = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'];
export const IMAGENET_MEAN = [0.485, 0.456, 0.406];
export const IMAGENET_STD = [0.229, 0.224, 0.225];
/** Below this edge, the processor with `crop_pct` crops. */
const CROP_PCT_LIMIT = 384;
const DEFAULT_CROP_PCT = 224 / 256;

export const DEFAULT_PIPELINE: Readonly<ImagePipeline> = {
  channelOrder: null,
  layout: null,
  resize: { mode: 'model' },
  resample: 'bilinear',
  crop: null,
  rescale: null,
  normalise: null,
};

/**
 * @param preprocessor `preprocessor_config.json` as it was read; keys that say nothing about pixels are passed over
 * @param overrides the request's settings, which win key by key
 * @param param the request field the overrides stand in
 * @throws AppError `invalid_value`, `unsupported_parameter` or `unsupported_value` that names the key and where it stands
 */
export function readPipeline(
  preprocessor: Record<string, unknown> | null,
  overrides: Record<string, unknown> | null = null,
  param = 'preprocess',
): ImagePipeline {
  const ofFile = preprocessor === null ? {} : readFile(preprocessor);
  const ofRequest = overrides === null ? {} : readOverrides(overrides, param);
  const settings = { ...withoutOverridden(ofFile, ofRequest), ...ofRequest };
  if (Object.keys(settings).length === 0) return DEFAULT_PIPELINE;
  return pipelineOf(settings, processorName(preprocessor));
}

function pipelineOf(settings: ImageSettings, processor: string): ImagePipeline {
  return {
    channelOrder: settings.channel_order ?? (settings.do_flip_channel_order ? 'BGR' : null),
    layout: settings.layout ?? (settings.data_format ? LAYOUTS[settings.data_format] : null),
    resample: resampleOf(settings.resample),
    rescale: settings.do_rescale === false ? 1 : (settings.rescale_factor ?? null),
    normalise: normaliseOf(settings),
    ...geometryOf(settings, processor),
  };
}

const LAYOUTS = { channels_first: 'NCHW', channels_last: 'NHWC' } as const;

function resampleOf(given: ImageSettings['resample']): Resample {
  if (given === undefined) return 'bilinear';
  return typeof given === 'number' ? RESAMPLE_NUMBERS[given] : given;
}

function normaliseOf({ do_normalize, image_mean, image_std }: ImageSettings): ImagePipeline['normalise'] {
  if (do_normalize === false) return 'off';
  if (image_mean === undefined && image_std === undefined) return null;
  return { mean: [image_mean ?? IMAGENET_MEAN].flat(), std: [image_std ?? IMAGENET_STD].flat() };
}

function geometryOf(settings: ImageSettings, processor: string): Pick<ImagePipeline, 'resize' | 'crop'> {
  const crop =
    settings.do_center_crop !== false && settings.crop_size !== undefined ? square(settings.crop_size) : null;
  if (settings.do_resize === false) return { resize: { mode: 'none' }, crop };
  const { size } = settings;
  if (size === undefined) return { resize: { mode: 'model' }, crop };
  const edge = shortestEdge(size, settings, processor);
  if (edge === null) return { resize: { mode: 'stretch', size: square(size as number | Size) }, crop };
  const cropPct = settings.crop_pct ?? (CROP_PCT_PROCESSOR.test(processor) ? DEFAULT_CROP_PCT : null);
  if (cropPct !== null && edge < CROP_PCT_LIMIT) {
    return { resize: { mode: 'shortest_edge', edge: Math.trunc(edge / cropPct) }, crop: square(edge) };
  }
  if (cropPct !== null) return { resize: { mode: 'stretch', size: square(edge) }, crop };
  const cropped = crop ?? (settings.resize_mode === 'shortest_edge' ? square(edge) : null);
  return { resize: { mode: 'shortest_edge', edge }, crop: cropped };
}

/** Null: the size stands for both edges. */
function shortestEdge(size: NonNullable<ImageSettings['size']>, settings: ImageSettings, processor: string) {
  if (typeof size === 'object' && 'shortest_edge' in size) return size.shortest_edge;
  if (settings.resize_mode === 'stretch') return null;
  const isOne = typeof size === 'number' || size.height === size.width;
  if (settings.resize_mode === 'shortest_edge' && isOne) return typeof size === 'number' ? size : size.height;
  if (settings.crop_pct !== undefined && isOne) return typeof size === 'number' ? size : size.height;
  return typeof size === 'number' && SHORTEST_EDGE_PROCESSORS.test(processor) ? size : null;
}

function square(size: number | Size): Size {
  return typeof size === 'number' ? { height: size, width: size } : size;
}

function processorName(preprocessor: Record<string, unknown> | null): string {
  const name = preprocessor?.image_processor_type ?? preprocessor?.feature_extractor_type;
  return typeof name === 'string' ? name : '';
}

/** A request that gives one spelling of a setting puts the file's other spelling out of force. */
function withoutOverridden(ofFile: ImageSettings, ofRequest: ImageSettings): ImageSettings {
  const rest = { ...ofFile };
  const puts = (...keys: (keyof ImageSettings)[]) => keys.some((key) => ofRequest[key] !== undefined);
  if (puts('size', 'resize_mode', 'crop_pct')) {
    delete rest.do_resize;
    delete rest.crop_pct;
    delete rest.resize_mode;
    if (!puts('crop_size', 'do_center_crop')) delete rest.crop_size;
  }
  if (puts('crop_size')) delete rest.do_center_crop;
  if (puts('rescale_factor')) delete rest.do_rescale;
  if (puts('image_mean', 'image_std')) delete rest.do_normalize;
  if (puts('channel_order', 'do_flip_channel_order')) {
    delete rest.channel_order;
    delete rest.do_flip_channel_order;
  }
  if (puts('layout', 'data_format')) {
    delete rest.layout;
    delete rest.data_format;
  }
  return rest;
}

/** Null stands for absent in such files. */
function readFile(preprocessor: Record<string, unknown>): ImageSettings {
  const file = 'preprocessor_config.json';
  const unsupported = UNSUPPORTED_SWITCHES.find((key) => preprocessor[key] === true);
  if (unsupported !== undefined) {
    throw new AppError('unsupported_value', `${file}: ${unsupported}: this step is not done here.`);
  }
  const known = Object.keys(ImageSettings.shape);
  const picked = Object.entries(preprocessor).filter(([key, value]) => known.includes(key) && value !== null);
  const result = ImageSettings.safeParse(Object.fromEntries(picked));
  if (result.success)
    return checked(result.data, (key, words) => new AppError('invalid_value', `${file}: ${key}: ${words}.`));
  const { key, words } = firstIssue(result.error);
  throw new AppError('invalid_value', `${file}: ${key}: ${words}.`);
}

function readOverrides(overrides: Record<string, unknown>, param: string): ImageSettings {
  const unknown = Object.keys(overrides).find((key) => !Object.hasOwn(ImageSettings.shape, key));
  if (unknown !== undefined) {
    const known = Object.keys(ImageSettings.shape).join(', ');
    throw new AppError('unsupported_parameter', `${param}.${unknown} is not known; known: ${known}.`, {
      param: `${param}.${unknown}`,
    });
  }
  const refuse = (key: string, words: string) =>
    new AppError('invalid_value', `${param}.${key}: ${words}.`, { param: `${param}.${key}` });
  const result = ImageSettings.safeParse(overrides);
  if (result.success) return checked(result.data, refuse);
  const { key, words } = firstIssue(result.error);
  throw refuse(key, words);
}

/** What a schema does not see: no channel may be divided by zero. */
function checked(settings: ImageSettings, refuse: (key: string, words: string) => AppError): ImageSettings {
  if ([settings.image_std ?? 1].flat().includes(0)) throw refuse('image_std', 'no value may be 0');
  return settings;
}

function firstIssue(error: z.ZodError): { key: string; words: string } {
  const [issue] = error.issues;
  return { key: issue.path.join('.'), words: issue.message.replace(/\.$/, '') };
}

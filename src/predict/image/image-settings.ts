/**
 * What may be set about the way from a picture to a tensor: the keys of Hugging Face's `preprocessor_config.json`, and
 * three of our own (`channel_order`, `layout`, `resize_mode`). One schema for the file beside a model and for a request.
 */
import { z } from 'zod';
import { RESAMPLE_NAMES } from './filters.js';

const edge = z.int().min(1).max(16_384);
const box = z.strictObject({ height: edge, width: edge });
const perChannel = z.union([z.number(), z.array(z.number()).min(1).max(3)]);

export const ImageSettings = z
  .strictObject({
    do_resize: z.boolean().optional().describe('false: the picture keeps its size'),
    size: z
      .union([edge, box, z.strictObject({ shortest_edge: edge })])
      .optional()
      .describe('height and width, or the shortest edge with the proportions kept'),
    resample: z
      .union([z.int().min(0).max(5), z.enum(RESAMPLE_NAMES)])
      .optional()
      .describe('filter, by name or by its number in Pillow'),
    resize_mode: z
      .enum(['stretch', 'shortest_edge'])
      .optional()
      .describe('what a size means: both edges as told, or the shortest edge, cropped in the middle'),
    crop_pct: z.number().gt(0).max(1).optional().describe('resize to size / crop_pct, then crop the middle'),
    do_center_crop: z.boolean().optional(),
    crop_size: z
      .union([edge, box])
      .optional()
      .describe('the middle of the resized picture; black where that is smaller'),
    do_rescale: z.boolean().optional(),
    rescale_factor: z.number().optional().describe('factor of the levels 0 to 255; 1/255 by default'),
    do_normalize: z.boolean().optional(),
    image_mean: perChannel.optional(),
    image_std: perChannel.optional(),
    do_flip_channel_order: z.boolean().optional().describe('true: blue first'),
    channel_order: z.enum(['RGB', 'BGR', 'grey']).optional(),
    layout: z.enum(['NCHW', 'NHWC']).optional().describe('where the shape leaves it open'),
    data_format: z.enum(['channels_first', 'channels_last']).optional().describe('the same in other words'),
  })
  .meta({ id: 'ImageSettings' });

export type ImageSettings = z.output<typeof ImageSettings>;

/** Keys of known processors that change the picture in ways not done here: silence would give wrong answers. */
export const UNSUPPORTED_SWITCHES = [
  'do_align_long_axis',
  'do_image_splitting',
  'do_thumbnail',
  'rescale_offset',
] as const;

/** Processors for which a bare number is the shortest edge; for the others it is both edges. */
export const SHORTEST_EDGE_PROCESSORS =
  /^(Bit|Clip|ChineseCLIP|CLIP|ConvNext|EfficientFormer|Levit|MobileNet|PoolFormer|Siglip2?Fast|VideoMAE|ViViT)/;

/** The processor whose `size` below 384 stands for resize to size / crop_pct and a crop. */
export const CROP_PCT_PROCESSOR = /^ConvNext/;

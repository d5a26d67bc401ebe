import { describe, expect, it } from 'vitest';
import { AppError } from '../../common/errors/app-error.js';
import { DEFAULT_PIPELINE, readPipeline } from './pipeline.js';

describe('readPipeline', () => {
  it("is upstream's without settings", () => {
    expect(readPipeline(null)).toEqual(DEFAULT_PIPELINE);
    expect(readPipeline({ processor_class: 'CLIPProcessor', do_convert_rgb: true })).toEqual(DEFAULT_PIPELINE);
  });

  it('reads a processor of Transformers', () => {
    const file = {
      image_processor_type: 'ViTImageProcessor',
      do_resize: true,
      size: { height: 48, width: 192 },
      resample: 3,
      do_rescale: true,
      rescale_factor: 0.5,
      do_normalize: true,
      image_mean: [0.5, 0.4, 0.3],
      image_std: [1, 2, 3],
      crop_size: null,
    };
    expect(readPipeline(file)).toEqual({
      channelOrder: null,
      layout: null,
      resize: { mode: 'stretch', size: { height: 48, width: 192 } },
      resample: 'bicubic',
      crop: null,
      rescale: 0.5,
      normalise: { mean: [0.5, 0.4, 0.3], std: [1, 2, 3] },
    });
  });

  it.each<[string, Record<string, unknown>, object]>([
    ['a number as both edges', { size: 8 }, { resize: { mode: 'stretch', size: { height: 8, width: 8 } } }],
    [
      'a number as the shortest edge, for processors that mean it so',
      { size: 8, feature_extractor_type: 'CLIPFeatureExtractor' },
      { resize: { mode: 'shortest_edge', edge: 8 }, crop: null },
    ],
    [
      'a size that is resized to and cropped',
      { size: 8, resize_mode: 'shortest_edge' },
      { resize: { mode: 'shortest_edge', edge: 8 }, crop: { height: 8, width: 8 } },
    ],
    [
      'a share that is cropped',
      { size: { shortest_edge: 224 }, crop_pct: 0.875 },
      { resize: { mode: 'shortest_edge', edge: 256 }, crop: { height: 224, width: 224 } },
    ],
    [
      'a large size that is not cropped',
      { size: { shortest_edge: 384 }, crop_pct: 0.875 },
      { resize: { mode: 'stretch', size: { height: 384, width: 384 } }, crop: null },
    ],
    ['a crop that is off', { crop_size: 8, do_center_crop: false }, { crop: null }],
    ['no resizing', { do_resize: false, size: 8 }, { resize: { mode: 'none' } }],
    ['no scaling', { do_rescale: false, rescale_factor: 2 }, { rescale: 1 }],
    ['no normalising', { do_normalize: false, image_mean: 1 }, { normalise: 'off' }],
    ['blue first', { do_flip_channel_order: true }, { channelOrder: 'BGR' }],
    ['the layout in other words', { data_format: 'channels_last' }, { layout: 'NHWC' }],
    ['a filter by name', { resample: 'lanczos' }, { resample: 'lanczos' }],
  ])('reads %s', (_words, file, made) => {
    expect(readPipeline(file)).toMatchObject(made);
  });

  it('lets the request win, key by key and over other spellings', () => {
    const file = {
      do_resize: false,
      do_normalize: false,
      do_rescale: false,
      data_format: 'channels_last',
      do_flip_channel_order: true,
      crop_size: 4,
      resample: 0,
    };
    const request = { size: 8, image_mean: 0.5, rescale_factor: 2, layout: 'NCHW', channel_order: 'RGB' };
    expect(readPipeline(file, request)).toEqual({
      channelOrder: 'RGB',
      layout: 'NCHW',
      resize: { mode: 'stretch', size: { height: 8, width: 8 } },
      resample: 'nearest',
      crop: null,
      rescale: 2,
      normalise: { mean: [0.5], std: [0.229, 0.224, 0.225] },
    });
  });

  it.each<[Record<string, unknown>, string]>([
    [{ size: 0 }, 'preprocessor_config.json: size: '],
    [{ size: { longest_edge: 9 } }, 'preprocessor_config.json: size: '],
    [{ image_std: [1, 0, 1] }, 'preprocessor_config.json: image_std: no value may be 0.'],
    [{ rescale_offset: true }, 'preprocessor_config.json: rescale_offset: this step is not done here.'],
    [{ resample: 9 }, 'preprocessor_config.json: resample: '],
  ])('says what is wrong with the file: %j', (file, message) => {
    expect(() => readPipeline(file)).toThrow(message);
  });

  it('says what is wrong with the request, and where', () => {
    const fault = (settings: Record<string, unknown>) => {
      try {
        readPipeline(null, settings, 'parameters.preprocess');
      } catch (error) {
        return error as AppError;
      }
      throw new Error('expected a refusal');
    };
    expect(fault({ colour: 1 })).toMatchObject({
      code: 'unsupported_parameter',
      param: 'parameters.preprocess.colour',
    });
    expect(fault({ size: 'big' })).toMatchObject({ code: 'invalid_value', param: 'parameters.preprocess.size' });
    expect(fault({ image_std: 0 })).toMatchObject({ message: 'parameters.preprocess.image_std: no value may be 0.' });
  });
});

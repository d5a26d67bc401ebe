import { describe, expect, it } from 'vitest';
import { ScriptedModel } from '../../test/support/scripted-model.js';
import { ScriptedPrediction } from '../../test/support/scripted-prediction.js';
import { ModelDirectory } from './model-directory.js';

const chat = new ScriptedModel({ id: 'b-chat:1' });
const digits = new ScriptedPrediction({ id: 'a-digits:1' });
const wine = new ScriptedPrediction({ id: 'c-wine' });
const directory = new ModelDirectory([digits, chat, wine]);

describe('ModelDirectory', () => {
  it('finds models by id, by name and by what they do', () => {
    expect(directory.any()).toBe(digits);
    expect(directory.any('b-chat')).toBe(chat);
    expect(directory.languageModel()).toBe(chat);
    expect(directory.predictionModel()).toBe(digits);
    expect(directory.predictionModel('c-wine')).toBe(wine);
    expect(directory.predictionModels()).toEqual([digits, wine]);
    expect(directory.languageModels()).toEqual([chat]);
  });

  it('finds a model of the right kind under a name that others share', () => {
    const both = new ModelDirectory([new ScriptedPrediction({ id: 'x:1' }), new ScriptedModel({ id: 'x:2' })]);
    expect(both.languageModel('x').manifest.id).toBe('x:2');
    expect(both.predictionModel('x').manifest.id).toBe('x:1');
  });

  it('says where another kind of model answers', () => {
    expect(() => directory.predictionModel('b-chat')).toThrow(
      expect.objectContaining({
        code: 'unsupported_workload',
        param: 'model',
        message: 'The model "b-chat" is for /v1/chat/completions, not for /v1/predict.',
      }),
    );
    expect(() => directory.languageModel('a-digits:1')).toThrow(
      expect.objectContaining({ code: 'unsupported_workload' }),
    );
  });

  it('lists what is there when nothing fits', () => {
    for (const kind of ['any', 'languageModel', 'predictionModel'] as const) {
      expect(() => directory[kind]('nobody')).toThrow(
        expect.objectContaining({
          code: 'model_not_found',
          message: expect.stringContaining('"a-digits:1", "b-chat:1"'),
        }),
      );
    }
    expect(() => new ModelDirectory([digits]).languageModel()).toThrow(
      expect.objectContaining({
        code: 'model_not_found',
        message: 'No model for /v1/chat/completions is loaded; served: "a-digits:1".',
      }),
    );
    expect(() => new ModelDirectory([]).predictionModel()).toThrow(
      expect.objectContaining({ code: 'model_not_found', message: 'No model is loaded.' }),
    );
  });
});

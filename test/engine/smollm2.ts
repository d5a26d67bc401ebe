/** The chat model of the real-model tests as the engine is told of it, and options for a small engine. */
import type { DecoderModel, EngineOptions } from '../../src/engine/protocol.js';
import { CHAT_MODEL } from '../support/real-model.js';

export const SMOLLM2: DecoderModel = {
  modelFile: `${CHAT_MODEL}/model.onnx`,
  contextLength: 8192,
  vocabSize: 49152,
  eosTokenIds: [2],
  inputs: {
    inputIds: 'input_ids',
    attentionMask: 'attention_mask',
    positionIds: 'position_ids',
    pastKey: 'past_key_values.%d.key',
    pastValue: 'past_key_values.%d.value',
  },
  outputs: { logits: 'logits', presentKey: 'present.%d.key', presentValue: 'present.%d.value' },
};

export const SMOLLM2_OPTIONS: EngineOptions = {
  provider: 'cpu',
  threads: 1,
  maxSlots: 8,
  maxContext: 256,
  exactBatching: true,
  prefixCache: 'prompt',
  prefillChunk: { busy: 64, idle: 64 },
};

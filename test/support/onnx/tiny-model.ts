/**
 * A tiny decoder as a file on disk, with the names and options to load it by.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DecoderModel, EngineOptions } from '../../../src/engine/protocol.js';
import { writeModel, type ModelParts } from './onnx-writer.js';
import { TINY_POSITIONS, TINY_VOCAB } from './tiny-decoder.js';

export const TINY_NAMES: Pick<DecoderModel, 'inputs' | 'outputs'> = {
  inputs: {
    inputIds: 'input_ids',
    attentionMask: 'attention_mask',
    positionIds: 'position_ids',
    pastKey: 'past_key_values.%d.key',
    pastValue: 'past_key_values.%d.value',
  },
  outputs: { logits: 'logits', presentKey: 'present.%d.key', presentValue: 'present.%d.value' },
};

export const TINY_OPTIONS: EngineOptions = {
  provider: 'cpu',
  threads: 1,
  maxSlots: 4,
  maxContext: 128,
  prefixCache: 'off',
  prefillChunk: { busy: 16, idle: 64 },
  exactBatching: true,
};

export interface TinyModel extends DecoderModel {
  remove: () => void;
}

export function tinyModel(parts: ModelParts | Uint8Array): TinyModel {
  const folder = mkdtempSync(join(tmpdir(), 'tiny-model-'));
  const modelFile = join(folder, 'model.onnx');
  writeFileSync(modelFile, parts instanceof Uint8Array ? parts : writeModel(parts));
  return {
    modelFile,
    contextLength: TINY_POSITIONS,
    vocabSize: TINY_VOCAB,
    eosTokenIds: [2],
    ...TINY_NAMES,
    remove: () => rmSync(folder, { recursive: true }),
  };
}

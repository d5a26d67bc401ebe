/** Writes a model folder that the catalog accepts; a test then changes the one thing it is about. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { byteLevel } from '../fixtures/tokenizers/small-tokenizers.js';
import { onnxModel, outsideTensor } from './onnx-bytes.js';

export const WEIGHT_BYTES = 64;

export const genaiConfig = {
  model: {
    type: 'llama',
    context_length: 512,
    vocab_size: 400,
    bos_token_id: 1,
    eos_token_id: 2,
    decoder: {
      filename: 'model.onnx',
      inputs: { input_ids: 'ids', past_key_names: 'past.%d.k' },
      outputs: { logits: 'scores' },
    },
  },
  search: { do_sample: true, temperature: 0.7, top_k: 40, top_p: 0.9, repetition_penalty: 1.1 },
};

export type Files = Record<string, string | Buffer>;

export function chatFolderFiles(): Files {
  return {
    'genai_config.json': JSON.stringify(genaiConfig),
    'model.onnx': onnxModel([
      outsideTensor({ name: 'w0', location: 'model.onnx.data', offset: 0, length: 32, dims: [8] }),
      outsideTensor({ name: 'w1', location: 'model.onnx.data', offset: 32, length: 32, dims: [8] }),
    ]),
    'model.onnx.data': Buffer.alloc(WEIGHT_BYTES, 1),
    'tokenizer.json': byteLevel(),
    'tokenizer_config.json': JSON.stringify({ bos_token: '<|im_start|>', eos_token: { content: '<|im_end|>' } }),
    'chat_template.jinja': '{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}',
  };
}

/** @param files by name relative to the folder; null leaves one of the usual files out */
export function writeChatFolder(folder: string, files: Record<string, string | Buffer | null> = {}): void {
  for (const [name, content] of Object.entries({ ...chatFolderFiles(), ...files })) {
    if (content === null) continue;
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

/** The usual configuration with some keys of `model` changed. */
export function configWith(model: Record<string, unknown>): string {
  return JSON.stringify({ ...genaiConfig, model: { ...genaiConfig.model, ...model } });
}

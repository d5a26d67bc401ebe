/**
 * One model folder → a chat manifest, or a `FolderProblem` that says what is wrong. It loads no weights.
 */
import type { DecoderModel } from '../../engine/protocol.js';
import { readTokenizer } from '../tokenizer/load-tokenizer.js';
import { UnusableTokenizer } from '../tokenizer/tokenizer-file.js';
import { readChatTemplate, readSpecialTokens } from './chat-template-file.js';
import { digestFiles } from './digest.js';
import { refuseBrokenWeights } from './model-file.js';
import { folderEntries } from './folder-entries.js';
import { ModelFolder } from './folder-file.js';
import { FolderProblem } from './folder-problem.js';
import { eosTokenIds, GENAI_CONFIG, genaiConfig, type GenaiConfig } from './genai-config.js';
import { folderName, readInferenceModel } from './inference-model.js';
import type { ChatManifest, SearchDefaults } from './manifest.js';

const TOKENIZER_FILE = 'tokenizer.json';
const FILENAME_FIELD = 'model.decoder.filename';

/** @throws FolderProblem */
export async function readChatFolder(path: string): Promise<ChatManifest> {
  const folder = new ModelFolder(path);
  const config = await folder.json(GENAI_CONFIG, genaiConfig);
  refuseOtherWorkloads(config);
  const inferenceModel = await readInferenceModel(folder);
  const decoder = await readDecoder(folder, config);
  const directory = tokenizerDirectory(config.model.tokenizer_dir);
  const tokenizer = await readTokenizerFile(folder, directory, config.model.vocab_size);
  const entries = await folderEntries(path);
  return {
    task: 'chat',
    ...(inferenceModel.name ?? folderName(path)),
    folder: path,
    modelType: config.model.type,
    contextLength: config.model.context_length,
    sizeBytes: entries.reduce((sum, entry) => sum + entry.sizeBytes, 0),
    created: Math.floor(Math.max(...entries.map((entry) => entry.modifiedMs)) / 1000),
    digest: await digestFiles(entries),
    decoder,
    search: searchDefaults(config),
    tokenizerFile: tokenizer,
    chatTemplate: await readChatTemplate(folder, directory, {
      inferenceModel: inferenceModel.fragments,
      genaiConfig: config.model.prompt_templates ?? null,
    }),
    specialTokens: await readSpecialTokens(folder, directory),
  };
}

/** Decided by the parts that the file describes, not by the architecture's name. */
function refuseOtherWorkloads({ model }: GenaiConfig): void {
  const parts = ['encoder', 'embedding', 'vision', 'speech', 'joiner'] as const;
  const other = parts.find((part) => model[part] !== undefined && model[part] !== null);
  const problem =
    other !== undefined
      ? `the model type "${model.type}" has a part "${other}"; only text models with one decoder serve chat`
      : model.decoder?.pipeline !== undefined
        ? `the model type "${model.type}" is a pipeline of several graphs; only one decoder graph can be served`
        : model.decoder?.filename === undefined
          ? `the model type "${model.type}" names no decoder file`
          : null;
  if (problem === null) return;
  const field = other === undefined ? 'model.decoder' : `model.${other}`;
  throw new FolderProblem(GENAI_CONFIG, field, problem, 'Serve a decoder-only text model here');
}

async function readDecoder(folder: ModelFolder, { model }: GenaiConfig): Promise<DecoderModel> {
  const { inputs, outputs, filename } = model.decoder!;
  const eos = eosTokenIds(model);
  if (eos.length === 0) {
    throw new FolderProblem(
      GENAI_CONFIG,
      'model.eos_token_id',
      `it names no token of the vocabulary (0 to ${model.vocab_size - 1}), so an answer would never end`,
      'Put in the id of the token that ends an answer',
    );
  }
  const { path } = await folder.file(filename!, { file: GENAI_CONFIG, field: FILENAME_FIELD });
  await refuseBrokenWeights(folder, filename!);
  return {
    modelFile: path,
    contextLength: model.context_length,
    vocabSize: model.vocab_size,
    eosTokenIds: eos,
    inputs: {
      inputIds: inputs.input_ids,
      attentionMask: inputs.attention_mask,
      positionIds: inputs.position_ids,
      pastKey: inputs.past_key_names,
      pastValue: inputs.past_value_names,
    },
    outputs: {
      logits: outputs.logits,
      presentKey: outputs.present_key_names,
      presentValue: outputs.present_value_names,
    },
  };
}

/** '' or `name/`. */
function tokenizerDirectory(given: string): string {
  const plain = given.replace(/^\.\/|\/+$/g, '');
  return plain === '' || plain === '.' ? '' : `${plain}/`;
}

/** Loads the tokenizer for good: whatever the library dislikes about it is found here and not at the first request. */
async function readTokenizerFile(folder: ModelFolder, directory: string, vocabSize: number): Promise<string> {
  const name = directory + TOKENIZER_FILE;
  const { path } = await folder.file(name);
  try {
    const { baseVocabSize } = await readTokenizer(path);
    if (baseVocabSize <= vocabSize) return path;
    throw new UnusableTokenizer(
      'model.vocab',
      `has ${baseVocabSize} tokens, but the model knows ${vocabSize} (model.vocab_size): it is another model's`,
    );
  } catch (error) {
    if (!(error instanceof UnusableTokenizer)) throw error;
    const fix = 'Put the tokenizer.json of the original model into the folder';
    throw new FolderProblem(name, error.field, `it ${error.message}`, fix);
  }
}

/** The library reads 0 for top_p as off. */
function searchDefaults({ search }: GenaiConfig): SearchDefaults {
  return {
    doSample: search.do_sample,
    temperature: search.temperature,
    topP: search.top_p === 0 ? 1 : search.top_p,
    topK: search.top_k,
    repetitionPenalty: search.repetition_penalty,
  };
}

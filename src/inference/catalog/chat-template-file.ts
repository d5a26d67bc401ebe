/**
 * Where a model keeps its chat template and the texts of its special tokens, and which template counts.
 *
 * Order, as in Transformers: `chat_template.jinja`, then `chat_template` in `tokenizer_config.json`; then the literal
 * fragments of the package. It only sees to it that the template can be parsed; rendering is the chat room's.
 */
import { Template } from '@huggingface/jinja';
import { z } from 'zod';
import type { ModelFolder } from './folder-file.js';
import { FolderProblem } from './folder-problem.js';
import { GENAI_CONFIG, type PromptFragments } from './genai-config.js';
import { INFERENCE_MODEL } from './inference-model.js';
import { templateFromFragments } from './prompt-fragments.js';

const JINJA_FILE = 'chat_template.jinja';
const TOKENIZER_CONFIG = 'tokenizer_config.json';
const SPECIAL_TOKENS_MAP = 'special_tokens_map.json';
/** Named templates for other purposes than plain chat. */
const NOT_FOR_CHAT = ['tool_use', 'rag'];

const namedTemplate = z.looseObject({ name: z.string(), template: z.string() });
const tokenText = z.union([z.string(), z.looseObject({ content: z.string() })]);
const tokenizerConfig = z.looseObject({
  chat_template: z.union([z.string(), z.array(namedTemplate)], 'expected a template or a list of named ones').nullish(),
});

export type TemplateSource = { source: string; file: string };

/** @param directory of the tokenizer's files, relative to the folder, '' or ending in a slash */
export async function readChatTemplate(
  folder: ModelFolder,
  directory: string,
  fragments: { inferenceModel: PromptFragments | null; genaiConfig: PromptFragments | null },
): Promise<TemplateSource | null> {
  const found =
    (await fromJinjaFile(folder, directory)) ??
    (await fromTokenizerConfig(folder, directory)) ??
    fromFragments(fragments.inferenceModel, INFERENCE_MODEL) ??
    fromFragments(fragments.genaiConfig, GENAI_CONFIG);
  if (found !== null) refuseUnlessParsed(found);
  return found;
}

/** `bos_token` and its like, as text: `tokenizer_config.json` first, then `special_tokens_map.json`. */
export async function readSpecialTokens(folder: ModelFolder, directory: string): Promise<Record<string, string>> {
  const tokens: Record<string, string> = {};
  for (const name of [SPECIAL_TOKENS_MAP, TOKENIZER_CONFIG]) {
    if (!(await folder.has(directory + name))) continue;
    const file = await folder.json(directory + name, z.record(z.string(), z.unknown()));
    for (const [key, value] of Object.entries(file)) {
      const text = key.endsWith('_token') ? tokenText.safeParse(value) : null;
      if (text?.success) tokens[key] = typeof text.data === 'string' ? text.data : text.data.content;
    }
  }
  return tokens;
}

async function fromJinjaFile(folder: ModelFolder, directory: string): Promise<TemplateSource | null> {
  const file = directory + JINJA_FILE;
  return (await folder.has(file)) ? { source: await folder.text(file), file } : null;
}

async function fromTokenizerConfig(folder: ModelFolder, directory: string): Promise<TemplateSource | null> {
  const file = directory + TOKENIZER_CONFIG;
  if (!(await folder.has(file))) return null;
  const { chat_template: given } = await folder.json(file, tokenizerConfig);
  if (given === null || given === undefined) return null;
  const source = typeof given === 'string' ? given : pickTemplate(given);
  return source === null ? null : { source, file };
}

function pickTemplate(named: z.infer<typeof namedTemplate>[]): string | null {
  const chosen =
    named.find((one) => one.name === 'default') ?? named.find((one) => !NOT_FOR_CHAT.includes(one.name)) ?? named[0];
  return chosen?.template ?? null;
}

function fromFragments(fragments: PromptFragments | null, file: string): TemplateSource | null {
  const source = fragments === null ? null : templateFromFragments(fragments);
  return source === null ? null : { source, file };
}

function refuseUnlessParsed({ source, file }: TemplateSource): void {
  try {
    void new Template(source.replaceAll('\r\n', '\n'));
  } catch (error) {
    throw new FolderProblem(
      file,
      'chat_template',
      `the chat template cannot be read (${(error as Error).message})`,
      'Correct the template or take the one of the original model',
    );
  }
}

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readChatTemplate, readSpecialTokens } from './chat-template-file.js';
import { ModelFolder } from './folder-file.js';

const JINJA = 'chat_template.jinja';
const CONFIG = 'tokenizer_config.json';
const none = { inferenceModel: null, genaiConfig: null };

let path: string;
beforeEach(() => (path = realpathSync(mkdtempSync(join(tmpdir(), 'template-')))));
afterEach(() => rmSync(path, { recursive: true }));

function write(files: Record<string, unknown>): ModelFolder {
  mkdirSync(path, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(path, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return new ModelFolder(path);
}

describe('the chat template', () => {
  const named = (...names: string[]) => ({ chat_template: names.map((name) => ({ name, template: `is ${name}` })) });
  const fragments = { user: 'U: {Content}' };

  it.each([
    ['the file of its own', { [JINJA]: 'own', [CONFIG]: { chat_template: 'inner' } }, { source: 'own', file: JINJA }],
    ['inside the tokenizer', { [CONFIG]: { chat_template: 'inner' } }, { source: 'inner', file: CONFIG }],
    ['default of several', { [CONFIG]: named('tool_use', 'default') }, { source: 'is default', file: CONFIG }],
    ['one for chat', { [CONFIG]: named('tool_use', 'rag', 'plain') }, { source: 'is plain', file: CONFIG }],
    ['the only one', { [CONFIG]: named('tool_use') }, { source: 'is tool_use', file: CONFIG }],
    ['none', { [CONFIG]: { chat_template: null } }, null],
    ['an empty list', { [CONFIG]: { chat_template: [] } }, null],
    ['no file', {}, null],
  ])('%s', async (_, files, expected) => {
    expect(await readChatTemplate(write(files), '', none)).toEqual(expected);
  });

  it('is built of fragments only where there is none', async () => {
    const both = { inferenceModel: fragments, genaiConfig: { user: 'old {Content}' } };
    const withTemplate = write({ [JINJA]: 'own' });
    expect((await readChatTemplate(withTemplate, '', both))!.file).toBe(JINJA);
    rmSync(join(path, JINJA));
    expect(await readChatTemplate(withTemplate, '', both)).toMatchObject({
      file: 'inference_model.json',
      source: expect.stringContaining("'U: '"),
    });
    expect(await readChatTemplate(withTemplate, '', { ...both, inferenceModel: null })).toMatchObject({
      file: 'genai_config.json',
      source: expect.stringContaining("'old '"),
    });
  });

  it('may have the line ends of Windows', async () => {
    const source = '{% for m in messages %}\r\n{{ m.content }}\r\n{% endfor %}\r\n';
    expect(await readChatTemplate(write({ [JINJA]: source }), '', none)).toEqual({ source, file: JINJA });
  });
});

describe('the special tokens', () => {
  it('are texts, also where the file writes objects', async () => {
    const folder = write({
      'special_tokens_map.json': { bos_token: '<b>', sep_token: '<sep>', additional_special_tokens: ['<x>'] },
      [CONFIG]: {
        bos_token: { content: '<s>', lstrip: false },
        eos_token: '</s>',
        pad_token: null,
        add_bos_token: true,
      },
    });
    expect(await readSpecialTokens(folder, '')).toEqual({ bos_token: '<s>', sep_token: '<sep>', eos_token: '</s>' });
  });

  it('are none where nothing is said', async () => {
    expect(await readSpecialTokens(write({}), '')).toEqual({});
  });
});

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chatFolderFiles, configWith, genaiConfig, writeChatFolder } from '../../../test/support/chat-folder.js';
import { onnxModel, outsideTensor } from '../../../test/support/onnx-bytes.js';
import { CHAT_MODEL, hasChatModel } from '../../../test/support/real-model.js';
import { readCatalog } from './catalog.js';
import { describeDiagnosis, type ChatManifest } from './manifest.js';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'catalog-'))));
afterEach(() => rmSync(root, { recursive: true }));

/** What is said about the only folder there is. */
async function diagnosis(path = root): Promise<string> {
  const { manifests, diagnoses } = await readCatalog(path);
  expect(manifests).toEqual([]);
  expect(diagnoses).toHaveLength(1);
  expect(diagnoses[0].problem).not.toBe('');
  expect(diagnoses[0].fix).not.toBe('');
  return describeDiagnosis(diagnoses[0]);
}

async function chatManifest(path = root): Promise<ChatManifest> {
  return (await readCatalog(path)).manifests[0] as ChatManifest;
}

describe('a chat model folder', () => {
  it('becomes a manifest', async () => {
    writeChatFolder(root);
    const { manifests, diagnoses } = await readCatalog(root);
    expect(diagnoses).toEqual([]);
    expect(manifests).toEqual([
      {
        task: 'chat',
        id: basename(root),
        name: basename(root),
        version: null,
        folder: root,
        modelType: 'llama',
        contextLength: 512,
        sizeBytes: Object.values(chatFolderFiles()).reduce((sum, content) => sum + Buffer.byteLength(content), 0),
        created: expect.any(Number),
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        decoder: {
          modelFile: join(root, 'model.onnx'),
          contextLength: 512,
          vocabSize: 400,
          eosTokenIds: [2],
          inputs: {
            inputIds: 'ids',
            attentionMask: 'attention_mask',
            positionIds: 'position_ids',
            pastKey: 'past.%d.k',
            pastValue: 'past_key_values.%d.value',
          },
          outputs: { logits: 'scores', presentKey: 'present.%d.key', presentValue: 'present.%d.value' },
        },
        search: { doSample: true, temperature: 0.7, topK: 40, topP: 0.9, repetitionPenalty: 1.1 },
        tokenizerFile: join(root, 'tokenizer.json'),
        chatTemplate: { source: chatFolderFiles()['chat_template.jinja'], file: 'chat_template.jinja' },
        specialTokens: { bos_token: '<|im_start|>', eos_token: '<|im_end|>' },
      },
    ]);
  });

  it('is as old as its newest file', async () => {
    writeChatFolder(root);
    for (const name of Object.keys(chatFolderFiles())) utimesSync(join(root, name), 1000, 1000);
    utimesSync(join(root, 'tokenizer.json'), 1000, 2000.7);
    const { manifests } = await readCatalog(root);
    expect(manifests[0].created).toBe(2000);
  });

  it('takes the library’s defaults where the file says nothing', async () => {
    writeChatFolder(root, { 'genai_config.json': JSON.stringify({ model: genaiConfig.model, unknown: [1] }) });
    expect((await chatManifest()).search).toEqual({
      doSample: false,
      temperature: 1,
      topK: 50,
      topP: 1,
      repetitionPenalty: 1,
    });
  });

  it.each([
    [{ eos_token_id: [2, 7, 2, -1] }, [2, 7]],
    [{ eos_token_id: undefined, pad_token_id: 5 }, [5]],
    [{ eos_token_id: [], pad_token_id: 5 }, [5]],
  ])('reads the end of an answer from %j', async (model, expected) => {
    writeChatFolder(root, { 'genai_config.json': configWith(model) });
    expect((await chatManifest()).decoder.eosTokenIds).toEqual(expected);
  });

  it.each([
    ['phi-4-mini:3', 'phi-4-mini:3', 'phi-4-mini', '3'],
    ['phi-4-mini', 'phi-4-mini:0', 'phi-4-mini', '0'],
    ['a:b:2', 'a:b:2', 'a:b', '2'],
  ])('is called by its package: %s', async (given, id, name, version) => {
    writeChatFolder(root, { 'inference_model.json': JSON.stringify({ Name: given, PromptTemplate: null }) });
    expect((await readCatalog(root)).manifests[0]).toMatchObject({ id, name, version });
  });

  it('may keep its tokenizer in a folder of its own', async () => {
    const { 'tokenizer.json': tokenizer, 'chat_template.jinja': template } = chatFolderFiles();
    writeChatFolder(root, {
      'genai_config.json': configWith({ tokenizer_dir: './text/' }),
      'tokenizer.json': null,
      'chat_template.jinja': null,
      'text/tokenizer.json': tokenizer,
      'text/chat_template.jinja': template,
    });
    const manifest = await chatManifest();
    expect(manifest.tokenizerFile).toBe(join(root, 'text/tokenizer.json'));
    expect(manifest.chatTemplate!.file).toBe('text/chat_template.jinja');
  });

  it('may be reached through a symbolic link', async () => {
    writeChatFolder(join(root, 'real'));
    symlinkSync(join(root, 'real'), join(root, '.hidden'));
    mkdirSync(join(root, 'models'));
    symlinkSync(join(root, 'real'), join(root, 'models', 'linked'));
    expect((await readCatalog(join(root, 'models'))).manifests.map(({ name }) => name)).toEqual(['real']);
  });

  it.skipIf(!hasChatModel)('is what the real model has', async () => {
    const { manifests, diagnoses } = await readCatalog(CHAT_MODEL);
    expect(diagnoses).toEqual([]);
    expect(manifests[0]).toMatchObject({ contextLength: 8192, decoder: { vocabSize: 49152, eosTokenIds: [2] } });
  });
});

describe('a folder of model folders', () => {
  it('is read in the order of names and versions, down to the variants of publishers', async () => {
    const package_ = (name: string) => ({ 'inference_model.json': JSON.stringify({ Name: name }) });
    writeChatFolder(join(root, 'Microsoft', 'z-variant', 'v10'), package_('phi:10'));
    writeChatFolder(join(root, 'Microsoft', 'z-variant', 'v9'), package_('phi:9'));
    writeChatFolder(join(root, 'a-folder'), package_('zeta:1'));
    writeChatFolder(join(root, 'plain'));
    writeChatFolder(join(root, '.cache', 'hidden'));
    writeFileSync(join(root, 'README.md'), 'not a model');
    const { manifests, diagnoses } = await readCatalog(root);
    expect(diagnoses).toEqual([]);
    expect(manifests.map(({ id }) => id)).toEqual(['phi:9', 'phi:10', 'plain', 'zeta:1']);
  });

  it('serves what is whole beside what is broken', async () => {
    writeChatFolder(join(root, 'good'));
    writeChatFolder(join(root, 'bad'), { 'model.onnx': '' });
    mkdirSync(join(root, 'empty'));
    const { manifests, diagnoses } = await readCatalog(root);
    expect(manifests.map(({ id }) => id)).toEqual(['good']);
    expect(diagnoses.map(({ id }) => id)).toEqual(['bad', 'empty']);
  });

  it('serves an id once', async () => {
    const twice = { 'inference_model.json': '{"Name": "phi:1"}' };
    writeChatFolder(join(root, 'a'), twice);
    writeChatFolder(join(root, 'b'), twice);
    const { manifests, diagnoses } = await readCatalog(root);
    expect(manifests.map(({ folder }) => basename(folder))).toEqual(['a']);
    expect(describeDiagnosis(diagnoses[0])).toMatch(/b: another folder already serves the id "phi:1"/);
  });

  it('ends where folders link in a circle', async () => {
    mkdirSync(join(root, 'a'));
    symlinkSync(root, join(root, 'a', 'up'));
    expect(await readCatalog(root)).toEqual({ manifests: [], diagnoses: [] });
  });
});

describe('MODEL_PATH itself', () => {
  it('may be missing', async () => {
    expect(await diagnosis(join(root, 'nowhere'))).toMatch(/MODEL_PATH: it does not exist/);
  });

  it('may be a file', async () => {
    writeFileSync(join(root, 'file'), '');
    expect(await diagnosis(join(root, 'file'))).toMatch(/MODEL_PATH: it is a file, not a folder/);
  });

  it('may be empty', async () => {
    expect(await diagnosis()).toMatch(/the folder is empty/);
  });
});

describe('a folder that cannot be served', () => {
  const weights = (location: string, rest: object = {}) => onnxModel([outsideTensor({ name: 'w', location, ...rest })]);
  const cases: [string, Record<string, string | Buffer | null>, RegExp][] = [
    ['configuration cut off', { 'genai_config.json': '{"model": {' }, /^genai_config.json: it is not valid JSON/],
    ['configuration empty', { 'genai_config.json': '' }, /^genai_config.json: it is empty \(0 bytes\)/],
    ['not UTF-8', { 'genai_config.json': Buffer.of(0x7b, 0xff) }, /^genai_config.json: it is not UTF-8/],
    ['no context length', { 'genai_config.json': configWith({ context_length: 0 }) }, /model.context_length: expected/],
    [
      'text for a number',
      { 'genai_config.json': configWith({ vocab_size: '400' }) },
      /model.vocab_size: expected a whole/,
    ],
    ['no end', { 'genai_config.json': configWith({ eos_token_id: 400 }) }, /model.eos_token_id: it names no token/],
    ['speech', { 'genai_config.json': configWith({ type: 'whisper', encoder: {} }) }, /"whisper" has a part "encoder"/],
    ['pictures', { 'genai_config.json': configWith({ type: 'phi3v', vision: {} }) }, /"phi3v" has a part "vision"/],
    [
      'no decoder',
      { 'genai_config.json': configWith({ decoder: undefined }) },
      /model.decoder: .*names no decoder file/,
    ],
    [
      'pipeline',
      { 'genai_config.json': configWith({ decoder: { filename: 'model.onnx', pipeline: [] } }) },
      /pipeline of several graphs/,
    ],
    [
      'escaping file name',
      { 'genai_config.json': configWith({ decoder: { filename: '../model.onnx' } }) },
      /model.decoder.filename: the path "..\/model.onnx" leaves the model folder/,
    ],
    [
      'absolute file name',
      { 'genai_config.json': configWith({ decoder: { filename: '/etc/passwd' } }) },
      /leaves the model folder/,
    ],
    [
      'backslashes',
      { 'genai_config.json': configWith({ decoder: { filename: '..\\m.onnx' } }) },
      /leaves the model folder/,
    ],
    ['escaping tokenizer', { 'genai_config.json': configWith({ tokenizer_dir: '../x' }) }, /leaves the model folder/],
    ['no model', { 'model.onnx': null }, /model.decoder.filename: it names "model.onnx", which is not in the folder/],
    ['empty model', { 'model.onnx': '' }, /^model.onnx: it is empty/],
    ['cut-off model', { 'model.onnx': chatFolderFiles()['model.onnx'].slice(0, -3) }, /^model.onnx: it is cut off/],
    ['damaged model', { 'model.onnx': 'plain text, no protobuf' }, /^model.onnx: it is (damaged|cut off)/],
    ['no graph', { 'model.onnx': Buffer.of(8, 8) }, /^model.onnx: it holds no ONNX graph/],
    [
      'no weights',
      { 'model.onnx.data': null },
      /^model.onnx: external data of "w0": it names "model.onnx.data", which/,
    ],
    ['empty weights', { 'model.onnx.data': '' }, /^model.onnx.data: it is empty/],
    [
      'short weights',
      { 'model.onnx.data': Buffer.alloc(63) },
      /^model.onnx.data: it is cut off: the weight "w1" ends at byte 64, the file at 63/,
    ],
    [
      'offset',
      { 'model.onnx': weights('model.onnx.data', { offset: 1000, length: 4 }) },
      /the offset 1000 .* lies beyond/,
    ],
    [
      'size from the shape',
      { 'model.onnx': weights('model.onnx.data', { dims: [17] }) },
      /ends at byte 68, the file at 64/,
    ],
    ['escaping weights', { 'model.onnx': weights('../secret') }, /external data of "w": the path "..\/secret" leaves/],
    ['nameless weights', { 'model.onnx': weights('') }, /external data of "w": it names no file/],
    ['no tokenizer', { 'tokenizer.json': null }, /^tokenizer.json: it is missing/],
    ['cut-off tokenizer', { 'tokenizer.json': '{"model":' }, /^tokenizer.json: it is not valid JSON/],
    [
      'wrong tokenizer',
      { 'genai_config.json': configWith({ vocab_size: 99 }) },
      /^tokenizer.json: model.vocab: it has \d+ tokens, but the model knows 99/,
    ],
    [
      'template',
      { 'chat_template.jinja': '{% for m in messages %}' },
      /^chat_template.jinja: chat_template: the chat template cannot be read/,
    ],
    [
      'tokenizer_config',
      { 'tokenizer_config.json': '{"chat_template": 3}', 'chat_template.jinja': null },
      /^tokenizer_config.json: chat_template: expected a template/,
    ],
    ['package file', { 'inference_model.json': '{' }, /^inference_model.json: it is not valid JSON/],
    ['download', { 'download.tmp': 'x' }, /^download.tmp: the download has not finished/],
    [
      'part',
      { 'model.onnx.data': null, 'model.onnx.data.part': 'x' },
      /^model.onnx.data.part: the download has not finished/,
    ],
  ];
  it.each(cases)('%s', async (_, files, words) => {
    writeChatFolder(root, files);
    expect(await diagnosis()).toMatch(words);
  });

  it('names links that leave, dangle or bite their tail', async () => {
    writeFileSync(join(root, 'secret'), 'secret');
    const folder = join(root, 'model');
    const linked = async (target: string) => {
      rmSync(folder, { recursive: true, force: true });
      writeChatFolder(folder, { 'model.onnx.data': null });
      symlinkSync(target, join(folder, 'model.onnx.data'));
      return diagnosis(folder);
    };
    expect(await linked('../secret')).toMatch(/^model.onnx.data: it is a symbolic link that leaves the model folder/);
    expect(await linked('../gone')).toMatch(/^model.onnx.data: it is a symbolic link to a file that does not exist/);
    expect(await linked('model.onnx.data')).toMatch(/^model.onnx.data: it is a symbolic link that points to itself/);
  });

  it('survives any damage to any of its files', async () => {
    const files = chatFolderFiles();
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48271) % 0x7fffffff) % below;
    for (const [name, content] of Object.entries(files)) {
      const bytes = Buffer.from(content);
      for (let i = 0; i < 20; i += 1) {
        const damaged = Buffer.from(i % 2 === 0 ? bytes.subarray(0, random(bytes.length)) : bytes);
        if (i % 2 === 1) damaged[random(bytes.length)] ^= 1 << random(8);
        writeChatFolder(root, { [name]: damaged });
        const { manifests, diagnoses } = await readCatalog(root);
        expect(manifests.length + diagnoses.length).toBe(1);
      }
    }
  });
});

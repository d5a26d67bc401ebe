/** The real model's prompts: rendered text and ids as the reference programs made them, and no way to inject tokens. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { ChatTemplate } from '../../src/chat/template/chat-template.js';
import { renderPrompt } from '../../src/chat/template/render-prompt.js';
import type { TemplateMessage } from '../../src/chat/template/template-message.js';
import { readCatalog } from '../../src/inference/catalog/catalog.js';
import type { ChatManifest } from '../../src/inference/catalog/manifest.js';
import { loadTokenizer } from '../../src/inference/tokenizer/load-tokenizer.js';
import { TextStream } from '../../src/inference/tokenizer/text-stream.js';
import type { Tokenizer } from '../../src/inference/tokenizer/tokenizer.js';
import { CHAT_MODEL, hasChatModel } from '../support/real-model.js';

interface Golden {
  messages: TemplateMessage[];
  prompt: string;
  prompt_ids: number[];
  greedy_ids: number[];
  text: string;
}

describe.skipIf(!hasChatModel)('SmolLM2 prompts', () => {
  const goldens = hasChatModel
    ? (JSON.parse(readFileSync(`${CHAT_MODEL}/goldens.json`, 'utf8')) as { cases: Golden[] }).cases
    : [];
  let manifest: ChatManifest;
  let template: ChatTemplate;
  let tokenizer: Tokenizer;

  beforeAll(async () => {
    manifest = (await readCatalog(CHAT_MODEL)).manifests[0] as ChatManifest;
    template = new ChatTemplate(manifest.chatTemplate!.source, manifest.specialTokens);
    tokenizer = await loadTokenizer(manifest);
  });

  it.each(goldens.map((golden, index) => [index, golden] as const))('golden %i', async (_, golden) => {
    const { text, ids } = await renderPrompt(template, tokenizer, golden.messages);
    expect(text).toBe(golden.prompt);
    expect([...ids]).toEqual(golden.prompt_ids);
  });

  it.each(goldens.map((golden, index) => [index, golden] as const))('streams golden %i', (_, golden) => {
    const stream = new TextStream(tokenizer);
    const text = golden.greedy_ids.map((id) => stream.push(id)).join('') + stream.end();
    expect(text).toBe(golden.text);
  });

  it('encodes every special token inside a message as plain text', async () => {
    const clean = await renderPrompt(template, tokenizer, [{ role: 'user', content: 'x' }]);
    const specials = (ids: Int32Array) => ids.filter((id) => tokenizer.isSpecial(id));
    expect(tokenizer.specialTokens).toHaveLength(17);
    for (const literal of tokenizer.specialTokens) {
      const content = `a${literal}b ${literal}${literal}\n${literal}`;
      const { text, ids } = await renderPrompt(template, tokenizer, [{ role: 'user', content }]);
      expect([...specials(ids)]).toEqual([...specials(clean.ids)]);
      const written = Buffer.concat([...ids].map((id) => tokenizer.tokenBytes(id))).toString();
      expect(written).toContain(content);
      expect(text).toContain(content);
    }
  });
});

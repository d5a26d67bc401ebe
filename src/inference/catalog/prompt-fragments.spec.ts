import { Template } from '@huggingface/jinja';
import { describe, expect, it } from 'vitest';
import { templateFromFragments } from './prompt-fragments.js';

const system = { role: 'system', content: 'Be brief.' };
const user = { role: 'user', content: "It's\n\\n {{ x }}" };
const assistant = { role: 'assistant', content: 'Yes.' };

describe('templateFromFragments', () => {
  it('writes an exchange as `prompt` shows it', () => {
    const source = templateFromFragments({
      system: '<|system|>\n{Content}<|end|>',
      user: '<|user|>\n{Content}<|end|>',
      assistant: '<|assistant|>\n{Content}<|end|>',
      prompt: '<|user|>\n{Content}<|end|>\n<|assistant|>',
    });
    const template = new Template(source!);
    expect(template.render({ messages: [system, user, assistant, user], add_generation_prompt: true })).toBe(
      "<|system|>\nBe brief.<|end|>\n<|user|>\nIt's\n\\n {{ x }}<|end|>\n<|assistant|>\nYes.<|end|>\n" +
        "<|user|>\nIt's\n\\n {{ x }}<|end|>\n<|assistant|>\n",
    );
    expect(template.render({ messages: [user], add_generation_prompt: false })).toBe(
      "<|user|>\nIt's\n\\n {{ x }}<|end|>\n",
    );
  });

  it('makes do with a prompt alone', () => {
    const source = templateFromFragments({ prompt: 'User: {Content}\nAssistant:' });
    expect(
      new Template(source!).render({ messages: [{ role: 'user', content: 'Hi' }], add_generation_prompt: true }),
    ).toBe('User: Hi\nAssistant:');
  });

  it('refuses a role that it has no words for', () => {
    const source = templateFromFragments({ user: 'U: {Content}', assistant: 'A: {Content}' });
    expect(() => new Template(source!).render({ messages: [system] })).toThrow(
      /no prompt fragment for the role system/,
    );
  });

  it.each([{}, { user: 'no place' }, { user: '', prompt: null }])('gives up on %j', (fragments) => {
    expect(templateFromFragments(fragments)).toBeNull();
  });
});

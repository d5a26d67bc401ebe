import { describe, expect, it } from 'vitest';
import { ScriptedModel } from '../../test/support/scripted-model.js';
import { promptIds, templateMessage } from './prompt.js';
import { Message } from './request/message.js';

const call = { id: 'c1', type: 'function' as const, function: { name: 'f', arguments: '{}' } };

function rendered(message: Record<string, unknown>) {
  const entries = Object.entries(templateMessage(Message.parse(message)));
  return Object.fromEntries(entries.filter(([, value]) => value !== null && value !== undefined));
}

describe('templateMessage', () => {
  it('keeps what templates know and drops what they do not', () => {
    expect(rendered({ role: 'user', content: 'hi', name: 'Ann', foo: 1 })).toEqual({
      role: 'user',
      content: 'hi',
      name: 'Ann',
    });
    expect(rendered({ role: 'developer', content: [{ type: 'text', text: 'be brief' }] })).toEqual({
      role: 'developer',
      content: [{ type: 'text', text: 'be brief' }],
    });
    expect(rendered({ role: 'tool', content: '4', tool_call_id: 'c1' })).toEqual({
      role: 'tool',
      content: '4',
      tool_call_id: 'c1',
    });
  });

  it('makes a tool message of a function message', () => {
    expect(rendered({ role: 'function', name: 'f', content: null })).toEqual({ role: 'tool', name: 'f', content: '' });
  });

  it('takes tool calls in both spellings', () => {
    expect(rendered({ role: 'assistant', content: null, tool_calls: [call] })).toEqual({
      role: 'assistant',
      tool_calls: [call],
    });
    expect(rendered({ role: 'assistant', content: null, function_call: call.function })).toEqual({
      role: 'assistant',
      tool_calls: [{ type: 'function', function: call.function }],
    });
  });

  it('takes a refusal for what was said, and thinking in both spellings', () => {
    expect(rendered({ role: 'assistant', refusal: 'no' })).toEqual({ role: 'assistant', content: 'no' });
    const parts = [
      { type: 'text', text: 'a' },
      { type: 'refusal', refusal: 'b' },
    ];
    expect(rendered({ role: 'assistant', content: parts }).content).toEqual([
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ]);
    for (const name of ['reasoning', 'reasoning_content']) {
      expect(rendered({ role: 'assistant', content: 'x', [name]: 'why' }).reasoning_content).toBe('why');
    }
  });
});

describe('promptIds', () => {
  const messages = [Message.parse({ role: 'user', content: 'hi' })];

  it('writes the conversation as the model’s template says', async () => {
    const ids = await promptIds(new ScriptedModel(), messages);
    expect(new TextDecoder().decode(Uint8Array.from(ids))).toBe('<user>hi<assistant>');
  });

  it('refuses a model without a template', async () => {
    const model = new ScriptedModel({ manifest: { chatTemplate: null } });
    await expect(promptIds(model, messages)).rejects.toMatchObject({ code: 'unsupported_workload' });
  });

  it('names the file of a template that cannot be read', async () => {
    const model = new ScriptedModel({
      manifest: { chatTemplate: { source: '{% if %}', file: 'chat_template.jinja' } },
    });
    await expect(promptIds(model, messages)).rejects.toMatchObject({
      code: 'model_failed',
      message: expect.stringContaining('chat_template.jinja') as string,
    });
  });
});

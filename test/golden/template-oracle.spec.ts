/** Chat templates of the shapes that models have, rendered by us and by Jinja2; skipped where Python has none. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/common/errors/app-error.js';
import { ChatTemplate } from '../../src/chat/template/chat-template.js';
import { templateInput } from '../../src/chat/template/template-input.js';
import type { TemplateMessage } from '../../src/chat/template/template-message.js';

const TEMPLATES = 'test/fixtures/templates';
const NOW = '2026-03-04T05:06:07';
const specialTokens = { bos_token: '<s>', eos_token: '</s>' };

const hasJinja = spawnSync('python3', ['-c', 'import jinja2']).status === 0;
if (!hasJinja) console.log('The comparison with Jinja2 is skipped: python3 has no module jinja2.');

const user = (content: TemplateMessage['content']): TemplateMessage => ({ role: 'user', content });
const assistant = (content: TemplateMessage['content']): TemplateMessage => ({ role: 'assistant', content });
const call = (id: string, name: string, args: string) => ({
  id,
  type: 'function' as const,
  function: { name, arguments: args },
});

const conversations: Record<string, TemplateMessage[]> = {
  'one question': [user('What is 2 + 2?')],
  'a system message': [{ role: 'system', content: 'Be brief. ' }, user('  Hi  ')],
  'a developer message': [{ role: 'developer', content: 'Be brief.' }, user('Hi')],
  'several turns': [user('a'), assistant(' b '), user('c'), assistant('<think>\nhm\n</think>\n\nd'), user('e')],
  'two questions': [user('a'), user('b')],
  'the answer first': [assistant('a'), user('b')],
  'text of all kinds': [user('line\nline\r\n\ttab {{ x }} {% y %} "q" \'s\' \\n é 漢 😀 <b>&amp;</b>')],
  'empty text': [user('')],
  parts: [
    user([
      { type: 'text', text: 'one' },
      { type: 'text', text: 'two' },
    ]),
  ],
  'a tool call and its answer': [
    user('Weather?'),
    {
      role: 'assistant',
      content: null,
      tool_calls: [call('call00001', 'weather', '{"city": "Zürich", "n": [1, 2.5, null, true]}')],
    },
    { role: 'tool', content: '{"sky": "blue"}', tool_call_id: 'call00001', name: 'weather' },
    assistant('Blue.'),
    user('Thanks'),
  ],
  'two tool calls': [
    user('Both?'),
    { role: 'assistant', content: 'Let me see.', tool_calls: [call('1', 'f', '{}'), call('2', 'g', '{"x": "<a>"}')] },
    { role: 'tool', content: 'one', tool_call_id: '1' },
    { role: 'tool', content: 'two', tool_call_id: '2' },
  ],
};

const tools = [
  {
    type: 'function',
    function: { name: 'f', description: 'Does "é" <x>', parameters: { type: 'object', properties: {} } },
  },
];
const optionSets: { addGenerationPrompt: boolean; variables: Record<string, unknown> }[] = [
  { addGenerationPrompt: true, variables: {} },
  { addGenerationPrompt: false, variables: {} },
  { addGenerationPrompt: true, variables: { tools, enable_thinking: false } },
];

describe.skipIf(!hasJinja)('beside Jinja2', () => {
  const files = readdirSync(TEMPLATES).filter((name) => name.endsWith('.jinja'));
  const cases = files.flatMap((file) => {
    const source = readFileSync(`${TEMPLATES}/${file}`, 'utf8');
    const template = new ChatTemplate(source, specialTokens, { file, now: () => new Date(NOW) });
    return Object.entries(conversations).flatMap(([name, messages]) =>
      optionSets.map((options, index) => ({
        name: `${file}: ${name}, options ${index}`,
        template,
        messages,
        options,
        forPython: {
          source,
          now: NOW,
          variables: {
            ...specialTokens,
            tools: template.traits.absentList,
            documents: template.traits.absentList,
            ...options.variables,
            messages: templateInput(messages, template.traits),
            add_generation_prompt: options.addGenerationPrompt,
          },
        },
      })),
    );
  });
  const answers = hasJinja ? askPython(cases.map(({ forPython }) => forPython)) : [];

  it.each(cases.map((one, index) => [one.name, one, answers[index]] as const))('%s', (_, one, answer) => {
    let text: string | null = null;
    let refusal = '';
    try {
      text = one.template.render(one.messages, one.options);
    } catch (error) {
      expect(error).toBeInstanceOf(AppError);
      expect(error).toMatchObject({ code: 'invalid_value', param: 'messages' });
      refusal = (error as AppError).message;
    }
    if (answer.refused !== undefined) expect(refusal).toContain(answer.refused);
    else if (answer.error !== undefined) expect(refusal).not.toBe('');
    else expect(text).toBe(answer.text);
  });
});

interface Answer {
  text?: string;
  refused?: string;
  error?: string;
}

function askPython(cases: unknown[]): Answer[] {
  const { stdout, stderr, status } = spawnSync('python3', ['test/golden/template-oracle.py'], {
    input: JSON.stringify(cases),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Answer[];
}

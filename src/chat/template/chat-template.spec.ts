import { describe, expect, it } from 'vitest';
import { AppError } from '../../common/errors/app-error.js';
import { ChatTemplate } from './chat-template.js';

const user = { role: 'user', content: 'Hi' };
const PLAIN = '{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}';

function render(source: string, messages: Parameters<ChatTemplate['render']>[0], ...options: object[]): string {
  return new ChatTemplate(source, { bos_token: '<s>' }).render(messages, options[0]);
}

describe('ChatTemplate', () => {
  it('gives the template messages, special tokens and whether to let the assistant speak', () => {
    const source = `{{ bos_token }}${PLAIN}{% if add_generation_prompt %}[assistant]{% endif %}`;
    expect(render(source, [user])).toBe('<s>[user] Hi\n[assistant]');
    expect(render(source, [user], { addGenerationPrompt: false })).toBe('<s>[user] Hi\n');
  });

  it('gives it further variables', () => {
    const source = '{{ "thinks" if enable_thinking else "acts" }} {% for t in tools or [] %}{{ t.name }}{% endfor %}';
    expect(render(source, [user])).toBe('acts ');
    expect(render(source, [user], { variables: { enable_thinking: true, tools: [{ name: 'f' }] } })).toBe('thinks f');
  });

  it('reads the line ends of Windows like others', () => {
    const source = '{% for m in messages %}\r\n{{ m.content }}\r\n{% endfor %}';
    expect(render(source, [user, user])).toBe(render(source.replaceAll('\r', ''), [user, user]));
    expect(render(source, [user, user])).toBe('Hi\nHi\n');
  });

  it('keeps what a user wrote as it is', () => {
    const content = ' {{ messages }} {% raw %} \r\n\ttext\n\n ';
    expect(render('{{ messages[0].content }}', [{ role: 'user', content }])).toBe(content);
  });

  it('names the file of a template that cannot be read', () => {
    const attempt = () => new ChatTemplate('{% if %}', {}, { file: 'chat_template.jinja' });
    expect(attempt).toThrow(AppError);
    expect(attempt).toThrow(/^chat_template.jinja: the chat template cannot be read: /);
  });

  it('passes on the words in which a template refuses messages', () => {
    const source = `{% if messages[0].role != 'user' %}{{ raise_exception('A user must speak first.') }}{% endif %}`;
    expect(() => render(source, [{ role: 'assistant', content: 'a' }])).toThrow(
      expect.objectContaining({
        code: 'invalid_value',
        param: 'messages',
        message: "The model's chat template refuses these messages: A user must speak first.",
      }),
    );
  });

  it('refuses messages that the template stumbles over', () => {
    const source = '{{ messages[0].content + messages[1].name }}';
    expect(() => render(source, [user, user])).toThrow(
      expect.objectContaining({
        code: 'invalid_value',
        message: expect.stringContaining('cannot write these messages'),
      }),
    );
  });

  it('writes the date of its clock', () => {
    const now = () => new Date(2026, 2, 4, 5, 6, 7);
    const template = new ChatTemplate('{{ strftime_now("%d %B %Y") }}', {}, { now });
    expect(template.render([user])).toBe('04 March 2026');
  });
});

describe('what a template expects', () => {
  const parts = '{% for m in messages %}{% for p in m.content %}({{ p.text }}){% endfor %}{% endfor %}';
  const both = '{% for m in messages %}{{ m.content if m.content is string else m.content[0].text }}{% endfor %}';
  const twoParts = [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ],
    },
  ];

  it('is text or parts, and gets it whatever the request has', () => {
    expect(render(parts, [user])).toBe('(Hi)');
    expect(render(parts, twoParts)).toBe('(a)(b)');
    expect(render(PLAIN, twoParts)).toBe('[user] a\nb\n');
    expect(render(both, [user])).toBe('Hi');
  });

  it('is `system` for the developer, unless it knows that role', () => {
    const developer = [{ role: 'developer', content: 'x' }];
    expect(render(PLAIN, developer)).toBe('[system] x\n');
    expect(render(`${PLAIN}{% if messages[0].role == 'developer' %}!{% endif %}`, developer)).toBe('[developer] x\n!');
  });

  it('is empty text for no content, unless it asks for none', () => {
    const silent = [{ role: 'assistant', content: null }];
    expect(render('{{ "<" + messages[0].content + ">" }}', silent)).toBe('<>');
    expect(render('{{ "none" if messages[0].content is none else "text" }}', silent)).toBe('none');
    expect(render('{{ messages[0].content is defined }}', [{ role: 'assistant' }])).toBe('true');
  });

  it('finds no keys that hold nothing', () => {
    const message = { role: 'assistant', content: 'a', tool_calls: null, name: null, reasoning_content: null };
    expect(render('{{ messages[0] | tojson }}', [message])).toBe('{"role": "assistant", "content": "a"}');
    expect(render('{{ messages[0] | tojson }}', [{ ...message, tool_calls: [] }])).not.toContain('tool_calls');
  });

  it.each([
    ['{% if tools is not none %}{{ tools[0].x }}{% endif %}ok', 'ok'],
    ['{% if tools %}{{ tools[0].x }}{% endif %}ok', 'ok'],
    ['{% if tools is defined and tools %}x{% endif %}ok', 'ok'],
    ['{% for tool in tools %}{{ tool }}{% endfor %}{% for d in documents %}{{ d }}{% endfor %}ok', 'ok'],
  ])('is no tools when there are none: %s', (source, expected) => {
    expect(render(source, [user])).toBe(expected);
  });

  it('is tool arguments as an object or as text', () => {
    const call = { id: '1', type: 'function' as const, function: { name: 'f', arguments: '{"a": 1}' } };
    const messages = [user, { role: 'assistant', content: null, tool_calls: [call] }];
    const eachCall = (inside: string) =>
      `{% for m in messages %}{% for c in m.tool_calls or [] %}${inside}{% endfor %}{% endfor %}`;
    expect(render(eachCall('{{ c.function.arguments | tojson }}'), messages)).toBe('{"a": 1}');
    expect(
      render(eachCall('{% for k, v in c.function.arguments.items() %}{{ k }}={{ v }}{% endfor %}'), messages),
    ).toBe('a=1');
    expect(render(eachCall('{{ "!" + c.function.arguments }}'), messages)).toBe('!{"a": 1}');
    const broken = [{ ...messages[1], tool_calls: [{ ...call, function: { name: 'f', arguments: '{"a": ' } }] }];
    expect(render(eachCall('{{ c.function.arguments | tojson }}'), broken)).toBe('"{\\"a\\": "');
  });
});

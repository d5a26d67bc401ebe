/**
 * The literal prompt fragments of a package → a small Jinja template, for models that bring no template of their own.
 *
 * A fragment is the text around one message, e.g. `<|user|>\n{Content}<|end|>`; `prompt` shows one whole exchange up
 * to where the assistant begins, which tells what stands between two messages.
 */
import type { PromptFragments } from './genai-config.js';

const PLACEHOLDER = /\{content\}/i;
const ROLES = ['system', 'user', 'assistant'] as const;

/** @returns Jinja source, or null when the fragments have no place for a user's message */
export function templateFromFragments(fragments: PromptFragments): string | null {
  const user = fragments.user ?? withoutTail(fragments.prompt);
  if (user === null || !PLACEHOLDER.test(user)) return null;
  const known = { system: fragments.system, user, assistant: fragments.assistant ?? '{Content}' };
  const tail = generationTail(fragments, user);
  const separator = /^\s*/.exec(tail)![0];
  const branches = ROLES.filter((role) => known[role] && PLACEHOLDER.test(known[role])).map(
    (role, index) =>
      `{% ${index === 0 ? 'if' : 'elif'} message.role == '${role}' %}` +
      `{{ ${expression(known[role]! + separator)} }}`,
  );
  const refusal = `{% else %}{{ raise_exception('There is no prompt fragment for the role ' ~ message.role) }}{% endif %}`;
  const head = headOf(fragments.assistant) ?? tail.slice(separator.length);
  return (
    `{% for message in messages %}${branches.join('')}${refusal}{% endfor %}` +
    `{% if add_generation_prompt %}{{ ${literal(head)} }}{% endif %}`
  );
}

/** What `prompt` has after the user's message. */
function generationTail(fragments: PromptFragments, user: string): string {
  const prompt = fragments.prompt ?? '';
  return prompt.startsWith(user) ? prompt.slice(user.length) : '';
}

/** A `prompt` alone, e.g. `User: {Content}\nAssistant:`, is one user message with what follows it. */
function withoutTail(prompt: string | null | undefined): string | null {
  const at = prompt?.search(PLACEHOLDER) ?? -1;
  return at === -1 ? null : prompt!.slice(0, at + '{Content}'.length);
}

function headOf(assistant: string | null | undefined): string | null {
  const at = assistant?.search(PLACEHOLDER) ?? -1;
  return at === -1 ? null : assistant!.slice(0, at);
}

function expression(fragment: string): string {
  const [before, ...after] = fragment.split(PLACEHOLDER);
  return [literal(before), ...after.flatMap((text) => ['message.content', literal(text)])].join(' ~ ');
}

/** Jinja reads these escapes as JSON does. */
function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`;
}

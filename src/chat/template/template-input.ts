/**
 * Messages of a request → messages in the form that one template expects (`template-traits.ts`).
 */
import type { TemplateMessage, TemplatePart, TemplateToolCall } from './template-message.js';
import type { TemplateTraits } from './template-traits.js';

export function templateInput(messages: readonly TemplateMessage[], traits: TemplateTraits): Record<string, unknown>[] {
  return messages.map((message) => {
    const { role, content, tool_calls: calls, ...rest } = message;
    const input: Record<string, unknown> = {
      role: role === 'developer' && !traits.knowsDeveloper ? 'system' : role,
      content: contentInput(content ?? null, traits),
    };
    // A template that asks whether a key exists must not find one that holds nothing.
    for (const [key, value] of Object.entries(rest)) if (value !== null && value !== undefined) input[key] = value;
    if (calls && calls.length > 0) input['tool_calls'] = calls.map((call) => toolCallInput(call, traits));
    return input;
  });
}

function contentInput(content: string | TemplatePart[] | null, traits: TemplateTraits): unknown {
  if (content === null && traits.knowsNoContent) return null;
  if (traits.content === 'parts') return Array.isArray(content) ? content : textParts(content ?? '');
  return Array.isArray(content) ? joinedText(content) : (content ?? '');
}

function textParts(text: string): TemplatePart[] {
  return text === '' ? [] : [{ type: 'text', text }];
}

/** Parts are paragraphs to a model that knows no parts. */
function joinedText(parts: TemplatePart[]): string {
  return parts
    .filter((part) => typeof part['text'] === 'string')
    .map((part) => part['text'] as string)
    .join('\n');
}

/** Arguments that are no JSON object stay text: the model wrote them so. */
function toolCallInput(call: TemplateToolCall, traits: TemplateTraits): Record<string, unknown> {
  const given = call.function.arguments;
  const parsed = traits.toolArguments === 'object' ? jsonObject(given) : null;
  return { type: 'function', ...call, function: { ...call.function, arguments: parsed ?? given } };
}

function jsonObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * Checked messages → the ids of a model's prompt: the wire's variants are made one, the rest is the template's.
 */
import { AppError } from '../common/errors/app-error.js';
import type { ChatManifest } from '../inference/catalog/manifest.js';
import type { LanguageModel } from '../inference/language-model.js';
import type { Message } from './request/message.js';
import { ChatTemplate } from './template/chat-template.js';
import { renderPrompt } from './template/render-prompt.js';
import type { TemplateMessage, TemplatePart, TemplateToolCall } from './template/template-message.js';

type AssistantMessage = Extract<Message, { role: 'assistant' }>;
type AssistantPart = Exclude<AssistantMessage['content'], string | null | undefined>[number];

/** Compiling takes longer than rendering, and a model's template never changes. */
const templates = new WeakMap<ChatManifest, ChatTemplate>();

/** @throws AppError `invalid_value` on `messages`, `unsupported_workload`, `model_failed` */
export async function promptIds(model: LanguageModel, messages: readonly Message[]): Promise<Int32Array> {
  const template = templateOf(model.manifest);
  const { ids } = await renderPrompt(template, model.tokenizer, messages.map(templateMessage));
  return ids;
}

function templateOf(manifest: ChatManifest): ChatTemplate {
  const known = templates.get(manifest);
  if (known) return known;
  if (manifest.chatTemplate === null) {
    throw new AppError('unsupported_workload', `The model "${manifest.id}" has no chat template: it cannot chat.`);
  }
  const { source, file } = manifest.chatTemplate;
  const template = new ChatTemplate(source, manifest.specialTokens, { file });
  templates.set(manifest, template);
  return template;
}

/** Older and parallel spellings become the one that templates know. */
export function templateMessage(message: Message): TemplateMessage {
  switch (message.role) {
    case 'function':
      return { role: 'tool', name: message.name, content: message.content ?? '' };
    case 'tool':
      return { role: 'tool', name: message.name, tool_call_id: message.tool_call_id, content: message.content };
    case 'assistant':
      return {
        role: 'assistant',
        name: message.name,
        content: assistantContent(message),
        reasoning_content: message.reasoning_content ?? message.reasoning,
        tool_calls: toolCalls(message),
      };
    default:
      return { role: message.role, name: message.name, content: message.content };
  }
}

/** A refusal is what the model said: it belongs to the conversation like any other text. */
function assistantContent(message: AssistantMessage): string | TemplatePart[] | null {
  const { content, refusal } = message;
  if (Array.isArray(content)) {
    return content.map((part) => ({ type: 'text', text: spokenText(part) }));
  }
  return content ?? refusal ?? null;
}

function spokenText(part: AssistantPart): string {
  if (part.type === 'text') return part.text;
  if (part.type === 'refusal') return part.refusal;
  throw new Error(`The schema lets no "${part.type}" part pass.`);
}

function toolCalls({ tool_calls: calls, function_call: call }: AssistantMessage): TemplateToolCall[] | null {
  if (calls && calls.length > 0) return calls;
  return call ? [{ type: 'function', function: call }] : null;
}

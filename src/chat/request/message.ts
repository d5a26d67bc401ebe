/**
 * One message of a conversation, as the wire has it: a schema per role.
 *
 * It does not know the other messages (`request-rules.ts` does) nor how a model's template writes them.
 */
import { z } from 'zod';
import { boundedArray } from './bounded-array.js';
import { refused } from './field-support.js';

const MAX_PARTS = 1024;
const MAX_TOOL_CALLS = 128;
const MAX_NAME = 256;

const TextPart = z.object({ type: z.literal('text'), text: z.string() }).meta({ id: 'TextPart' });

const RefusalPart = z.object({ type: z.literal('refusal'), refusal: z.string() }).meta({ id: 'RefusalPart' });

/** Known kinds that no model served here takes in. `not` keeps the document as strict as the check. */
const OtherPart = z
  .object({ type: z.enum(['image_url', 'input_audio', 'file', 'video_url']) })
  .superRefine((part, context) => {
    context.addIssue({
      code: 'custom',
      path: ['type'],
      message: `"${part.type}" parts are not supported by this model; send text parts`,
      params: { code: 'unsupported_parameter' },
    });
  })
  .meta({ id: 'UnsupportedPart', description: 'Refused by name: the model reads text only.', not: {} });

const textContent = z.union([
  z.string(),
  boundedArray(z.discriminatedUnion('type', [TextPart, OtherPart]), { min: 1, max: MAX_PARTS }),
]);

const assistantContent = z.union([
  z.string(),
  boundedArray(z.discriminatedUnion('type', [TextPart, RefusalPart, OtherPart]), { min: 1, max: MAX_PARTS }),
]);

const name = z
  .string()
  .min(1)
  .max(MAX_NAME)
  .nullish()
  .describe('Who speaks; shown where the model’s template asks for it.');

const FunctionCall = z.object({ name: z.string().min(1).max(MAX_NAME), arguments: z.string() });

const ToolCall = z
  .object({
    id: z.string().min(1).max(MAX_NAME),
    type: z.literal('function').default('function'),
    function: FunctionCall,
  })
  .meta({ id: 'MessageToolCall' });

const SystemMessage = z
  .object({ role: z.enum(['system', 'developer']), content: textContent, name })
  .meta({ id: 'SystemMessage' });

const UserMessage = z.object({ role: z.literal('user'), content: textContent, name }).meta({ id: 'UserMessage' });

const AssistantMessage = z
  .object({
    role: z.literal('assistant'),
    content: assistantContent.nullish(),
    refusal: z.string().nullish(),
    name,
    reasoning_content: z.string().nullish(),
    reasoning: z.string().nullish(),
    tool_calls: boundedArray(ToolCall, { max: MAX_TOOL_CALLS }).nullish(),
    function_call: FunctionCall.nullish(),
    audio: refused(z.looseObject({}), [], 'An earlier spoken answer.'),
  })
  .superRefine((message, context) => {
    const says = [message.content, message.refusal, message.function_call, message.tool_calls?.[0]];
    if (says.some((part) => part !== null && part !== undefined)) return;
    context.addIssue({
      code: 'custom',
      path: ['content'],
      message: 'an assistant message needs content, refusal or tool_calls',
      params: { code: 'missing_required_parameter' },
    });
  })
  .meta({ id: 'AssistantMessage' });

const ToolMessage = z
  .object({ role: z.literal('tool'), content: textContent, tool_call_id: z.string().min(1).max(MAX_NAME), name })
  .meta({ id: 'ToolMessage' });

/** The form of a tool's answer before there were tool call ids. */
const FunctionMessage = z
  .object({ role: z.literal('function'), content: z.string().nullable(), name: z.string().min(1).max(MAX_NAME) })
  .meta({ id: 'FunctionMessage' });

export const Message = z
  .discriminatedUnion('role', [SystemMessage, UserMessage, AssistantMessage, ToolMessage, FunctionMessage])
  .meta({ id: 'Message' });

export type Message = z.output<typeof Message>;

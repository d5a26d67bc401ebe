/** The chat protocol's capability table, read from the schema that checks requests. */
import type { TaskCapabilities } from '../common/capabilities/capabilities.service.js';
import { ChatCompletionRequest } from './request/chat-request.js';
import { supportTable, type Support } from './request/field-support.js';

export const CHAT_PATH = '/v1/chat/completions';

export function chatCapabilities(): TaskCapabilities {
  const table = [...supportTable(ChatCompletionRequest)];
  const names = (support: Support) => table.filter(([, value]) => value === support).map(([path]) => path);
  return {
    endpoints: [CHAT_PATH],
    parameters: { honoured: names('honoured'), accepted_without_effect: names('no_op'), refused: names('refused') },
  };
}

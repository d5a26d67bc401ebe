/**
 * What a chat template expects of its input, found by rendering small conversations and looking for a word in the
 * result. Reading the source instead would have to understand every way to write a loop.
 */
import type { JinjaProgram } from './jinja-program.js';

export interface TemplateTraits {
  /** Content as plain text, or as a list of `{type: "text", text}` parts. */
  content: 'text' | 'parts';
  /** Of a tool call: an object, or JSON text. */
  toolArguments: 'object' | 'text';
  /** What stands for `tools` and `documents` that the request does not have. */
  absentList: null | undefined | [];
  /** Whether the source knows the role `developer`; else it is written as `system`. */
  knowsDeveloper: boolean;
  /** Whether the source looks for content that is none; else none is written as an empty text. */
  knowsNoContent: boolean;
}

const NEEDLE = 'needle4711';
const NONE_TEST = /content['"]?\]?\s+is\s+(?:not\s+)?(?:none|string)|content['"]?\]?\s*(?:==|!=)\s*none/i;

/** @param specialTokens texts that the template may print, e.g. `bos_token` */
export function findTraits(
  program: JinjaProgram,
  source: string,
  specialTokens: Record<string, string>,
): TemplateTraits {
  const attempt = (messages: unknown[], absent: TemplateTraits['absentList']): string | null => {
    try {
      const variables = { ...specialTokens, messages, tools: absent, documents: absent, add_generation_prompt: true };
      return program.render(variables);
    } catch {
      return null;
    }
  };
  const user = (content: unknown) => ({ role: 'user', content });
  const text = [user(NEEDLE)];
  const parts = [user([{ type: 'text', text: NEEDLE }])];

  // Transformers passes none, so that is what templates are written for; some loop over the list without a look.
  const absentList = ([null, undefined, []] as const).find(
    (absent) => attempt(text, absent as null) !== null || attempt(parts, absent as null) !== null,
  ) as TemplateTraits['absentList'];
  const shows = (messages: unknown[]) => attempt(messages, absentList)?.includes(NEEDLE) ?? false;
  const content = !shows(text) && shows(parts) ? 'parts' : 'text';

  const wrap = (words: string) => (content === 'parts' ? [{ type: 'text', text: words }] : words);
  const call = { id: 'call00001', type: 'function', function: { name: 'f', arguments: { [NEEDLE]: 1 } } };
  const calling = attempt([user(wrap('a')), { role: 'assistant', content: wrap(''), tool_calls: [call] }], absentList);
  return {
    content,
    absentList,
    // The library prints an object that a template only concatenates as "[object Map]" instead of failing.
    toolArguments: calling !== null && calling.includes(NEEDLE) && !calling.includes('[object') ? 'object' : 'text',
    knowsDeveloper: /['"]developer['"]/.test(source),
    knowsNoContent: NONE_TEST.test(source),
  };
}

/**
 * A conversation as chat templates read it: the names of the OpenAI protocol, without its optional nulls.
 *
 * It does not know the schema that checks requests.
 */
export interface TemplateMessage {
  role: string;
  /** Parts other than text are for templates that know them. */
  content?: string | TemplatePart[] | null;
  name?: string | null;
  tool_calls?: TemplateToolCall[] | null;
  tool_call_id?: string | null;
  reasoning_content?: string | null;
}

export type TemplatePart = { type: 'text'; text: string } | ({ type: string } & Record<string, unknown>);

export interface TemplateToolCall {
  id?: string;
  type?: 'function';
  /** `arguments`: JSON text. */
  function: { name: string; arguments: string };
}

/**
 * Chat bodies that must be refused, each with the code and the param of its first fault. Values only: the spec sends
 * them. `text` is sent as it is; anything else as JSON over a valid base.
 */

export interface HostileBody {
  name: string;
  body: string;
  code: string;
  param: string | null;
}

const messages = [{ role: 'user', content: 'Hello' }];
const over = (fields: Record<string, unknown>) => JSON.stringify({ model: 'scripted-model:1', messages, ...fields });

type Row = [fields: Record<string, unknown>, code: string, param: string];

const MISSING = 'missing_required_parameter';
const TYPE = 'invalid_type';
const VALUE = 'invalid_value';
const UNSUPPORTED = 'unsupported_parameter';

/** A message in place of the base's; params start at it. */
const inMessage = (message: unknown, code: string, path = ''): Row => [
  { messages: [message] },
  code,
  `messages.0${path === '' ? '' : `.${path}`}`,
];

const user = (content: unknown) => ({ role: 'user', content });
const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } };

const model: Row[] = [
  [{ model: 5 }, TYPE, 'model'],
  [{ model: '' }, VALUE, 'model'],
  [{ model: ['a'] }, TYPE, 'model'],
  [{ model: 'm'.repeat(257) }, VALUE, 'model'],
  [{ model: 'nobody' }, 'model_not_found', 'model'],
  [{ model: '__proto__' }, 'model_not_found', 'model'],
];

const conversation: Row[] = [
  [{ messages: undefined }, MISSING, 'messages'],
  [{ messages: null }, TYPE, 'messages'],
  [{ messages: 'Hello' }, TYPE, 'messages'],
  [{ messages: { 0: messages[0] } }, TYPE, 'messages'],
  [{ messages: [] }, VALUE, 'messages'],
  [{ messages: Array.from({ length: 2049 }, () => messages[0]) }, VALUE, 'messages'],
  inMessage('Hello', TYPE),
  inMessage(null, TYPE),
  inMessage([], TYPE),
  inMessage({}, MISSING, 'role'),
  inMessage({ content: 'x' }, MISSING, 'role'),
  inMessage({ role: 'king', content: 'x' }, VALUE, 'role'),
  inMessage({ role: 'User', content: 'x' }, VALUE, 'role'),
  inMessage({ role: 7, content: 'x' }, TYPE, 'role'),
  inMessage({ role: null, content: 'x' }, TYPE, 'role'),
  inMessage({ role: 'user' }, MISSING, 'content'),
  inMessage({ role: 'system' }, MISSING, 'content'),
  inMessage({ role: 'developer' }, MISSING, 'content'),
  inMessage(user(null), TYPE, 'content'),
  inMessage(user(7), TYPE, 'content'),
  inMessage(user(true), TYPE, 'content'),
  inMessage(user({ type: 'text', text: 'x' }), TYPE, 'content'),
  inMessage(user([]), VALUE, 'content'),
  inMessage(user(Array.from({ length: 1025 }, () => ({ type: 'text', text: 'x' }))), VALUE, 'content'),
  inMessage(user(['x']), TYPE, 'content.0'),
  inMessage(user([{}]), MISSING, 'content.0.type'),
  inMessage(user([{ type: 'text' }]), MISSING, 'content.0.text'),
  inMessage(user([{ type: 'text', text: 5 }]), TYPE, 'content.0.text'),
  inMessage(user([{ type: 'text', text: 'a' }, { type: 'smell' }]), VALUE, 'content.1.type'),
  inMessage(user([{ type: 'refusal', refusal: 'no' }]), VALUE, 'content.0.type'),
  inMessage(user([{ type: 'image_url', image_url: { url: 'data:,' } }]), UNSUPPORTED, 'content.0.type'),
  inMessage(user([{ type: 'input_audio', input_audio: {} }]), UNSUPPORTED, 'content.0.type'),
  inMessage(user([{ type: 'file', file: {} }]), UNSUPPORTED, 'content.0.type'),
  inMessage(user([{ type: 'video_url', video_url: {} }]), UNSUPPORTED, 'content.0.type'),
  inMessage({ ...user('x'), name: 5 }, TYPE, 'name'),
  inMessage({ ...user('x'), name: '' }, VALUE, 'name'),
  inMessage({ role: 'assistant' }, MISSING, 'content'),
  inMessage({ role: 'assistant', content: null }, MISSING, 'content'),
  inMessage({ role: 'assistant', content: null, tool_calls: [] }, MISSING, 'content'),
  inMessage({ role: 'assistant', content: 'x', tool_calls: {} }, TYPE, 'tool_calls'),
  inMessage({ role: 'assistant', tool_calls: [{}] }, MISSING, 'tool_calls.0.id'),
  inMessage({ role: 'assistant', tool_calls: [{ ...call, type: 'custom' }] }, VALUE, 'tool_calls.0.type'),
  inMessage(
    { role: 'assistant', tool_calls: [{ ...call, function: { name: 'f', arguments: {} } }] },
    TYPE,
    'tool_calls.0.function.arguments',
  ),
  inMessage({ role: 'assistant', content: 'x', audio: { id: 'a' } }, UNSUPPORTED, 'audio'),
  inMessage({ role: 'assistant', content: 'x', refusal: 5 }, TYPE, 'refusal'),
  inMessage({ role: 'tool', content: 'x' }, MISSING, 'tool_call_id'),
  inMessage({ role: 'tool', content: 'x', tool_call_id: 5 }, TYPE, 'tool_call_id'),
  inMessage({ role: 'tool', content: 'x', tool_call_id: 'call_1' }, VALUE, 'tool_call_id'),
  inMessage({ role: 'function', content: 'x' }, MISSING, 'name'),
  [
    {
      messages: [
        { role: 'tool', content: 'early', tool_call_id: 'call_1' },
        { role: 'assistant', content: null, tool_calls: [call] },
      ],
    },
    VALUE,
    'messages.0.tool_call_id',
  ],
];

const numbers: Row[] = [
  [{ temperature: -0.1 }, VALUE, 'temperature'],
  [{ temperature: 2.1 }, VALUE, 'temperature'],
  [{ temperature: 1e308 }, VALUE, 'temperature'],
  [{ temperature: 'hot' }, TYPE, 'temperature'],
  [{ temperature: [1] }, TYPE, 'temperature'],
  [{ temperature: true }, TYPE, 'temperature'],
  [{ top_p: -0.1 }, VALUE, 'top_p'],
  [{ top_p: 1.1 }, VALUE, 'top_p'],
  [{ top_p: '0.5' }, TYPE, 'top_p'],
  [{ min_p: -1 }, VALUE, 'min_p'],
  [{ min_p: 1.5 }, VALUE, 'min_p'],
  [{ top_k: -2 }, VALUE, 'top_k'],
  [{ top_k: 1.5 }, TYPE, 'top_k'],
  [{ top_k: 1e300 }, VALUE, 'top_k'],
  [{ presence_penalty: 2.1 }, VALUE, 'presence_penalty'],
  [{ presence_penalty: -2.1 }, VALUE, 'presence_penalty'],
  [{ frequency_penalty: 3 }, VALUE, 'frequency_penalty'],
  [{ frequency_penalty: {} }, TYPE, 'frequency_penalty'],
  [{ repetition_penalty: 0 }, VALUE, 'repetition_penalty'],
  [{ repetition_penalty: -1 }, VALUE, 'repetition_penalty'],
  [{ repetition_penalty: 101 }, VALUE, 'repetition_penalty'],
  [{ max_tokens: 0 }, VALUE, 'max_tokens'],
  [{ max_tokens: -1 }, VALUE, 'max_tokens'],
  [{ max_tokens: 1.5 }, TYPE, 'max_tokens'],
  [{ max_tokens: '10' }, TYPE, 'max_tokens'],
  [{ max_tokens: 1e300 }, VALUE, 'max_tokens'],
  [{ max_completion_tokens: 0 }, VALUE, 'max_completion_tokens'],
  [{ max_completion_tokens: false }, TYPE, 'max_completion_tokens'],
  [{ min_tokens: -1 }, VALUE, 'min_tokens'],
  [{ min_tokens: 10, max_tokens: 9 }, VALUE, 'min_tokens'],
  [{ min_tokens: 10, max_tokens: 20, max_completion_tokens: 9 }, VALUE, 'min_tokens'],
  [{ seed: 1.5 }, TYPE, 'seed'],
  [{ seed: 'seven' }, TYPE, 'seed'],
  [{ seed: 1e300 }, VALUE, 'seed'],
  [{ seed: -1e19 }, VALUE, 'seed'],
];

const ends: Row[] = [
  [{ stop: '' }, VALUE, 'stop'],
  [{ stop: 5 }, TYPE, 'stop'],
  [{ stop: {} }, TYPE, 'stop'],
  [{ stop: ['a', 'b', 'c', 'd', 'e'] }, VALUE, 'stop'],
  [{ stop: [''] }, VALUE, 'stop.0'],
  [{ stop: ['a', 1] }, TYPE, 'stop.1'],
  [{ stop: 's'.repeat(1025) }, VALUE, 'stop'],
  [{ stop_token_ids: 5 }, TYPE, 'stop_token_ids'],
  [{ stop_token_ids: [-1] }, VALUE, 'stop_token_ids.0'],
  [{ stop_token_ids: ['1'] }, TYPE, 'stop_token_ids.0'],
  [{ stop_token_ids: [1, 300] }, VALUE, 'stop_token_ids.1'],
  [{ stop_token_ids: Array.from({ length: 257 }, () => 1) }, VALUE, 'stop_token_ids'],
  [{ ignore_eos: 'yes' }, TYPE, 'ignore_eos'],
  [{ include_stop_str_in_output: 1 }, TYPE, 'include_stop_str_in_output'],
  [{ logit_bias: [] }, TYPE, 'logit_bias'],
  [{ logit_bias: 5 }, TYPE, 'logit_bias'],
  [{ logit_bias: { 5: 100.5 } }, VALUE, 'logit_bias.5'],
  [{ logit_bias: { 5: -101 } }, VALUE, 'logit_bias.5'],
  [{ logit_bias: { 5: '1' } }, TYPE, 'logit_bias.5'],
  [{ logit_bias: { 5: null } }, TYPE, 'logit_bias.5'],
  [{ logit_bias: { word: 1 } }, VALUE, 'logit_bias.word'],
  [{ logit_bias: { '-1': 1 } }, VALUE, 'logit_bias.-1'],
  [{ logit_bias: { '1.5': 1 } }, VALUE, 'logit_bias.1.5'],
  [{ logit_bias: { '300': 1 } }, VALUE, 'logit_bias.300'],
  [{ logit_bias: { constructor: 1 } }, VALUE, 'logit_bias.constructor'],
  [{ logit_bias: Object.fromEntries(Array.from({ length: 1025 }, (_, id) => [id, 1])) }, VALUE, 'logit_bias'],
];

const streams: Row[] = [
  [{ stream: 'true' }, TYPE, 'stream'],
  [{ stream: 1 }, TYPE, 'stream'],
  [{ stream_options: { include_usage: true } }, UNSUPPORTED, 'stream_options'],
  [{ stream: false, stream_options: {} }, UNSUPPORTED, 'stream_options'],
  [{ stream: true, stream_options: 'usage' }, TYPE, 'stream_options'],
  [{ stream: true, stream_options: { include_usage: 'yes' } }, TYPE, 'stream_options.include_usage'],
  [{ stream: true, stream_options: { include_obfuscation: 1 } }, TYPE, 'stream_options.include_obfuscation'],
  [
    { stream: true, stream_options: { continuous_usage_stats: true } },
    UNSUPPORTED,
    'stream_options.continuous_usage_stats',
  ],
];

const labels: Row[] = [
  [{ metadata: 'x' }, TYPE, 'metadata'],
  [{ metadata: { a: 5 } }, TYPE, 'metadata.a'],
  [{ metadata: { a: 'v'.repeat(513) } }, VALUE, 'metadata.a'],
  [{ metadata: { ['k'.repeat(65)]: 'v' } }, VALUE, `metadata.${'k'.repeat(63)}…`],
  [{ metadata: Object.fromEntries(Array.from({ length: 17 }, (_, id) => [`k${id}`, 'v'])) }, VALUE, 'metadata'],
  [{ metadata: { top_k: 'many' } }, VALUE, 'metadata.top_k'],
  [{ metadata: { random_seed: '1.5' } }, VALUE, 'metadata.random_seed'],
  [{ cache_salt: '' }, VALUE, 'cache_salt'],
  [{ cache_salt: 5 }, TYPE, 'cache_salt'],
  [{ prompt_cache_key: 'k'.repeat(513) }, VALUE, 'prompt_cache_key'],
  [{ user: 5 }, TYPE, 'user'],
  [{ verbosity: 'chatty' }, VALUE, 'verbosity'],
  [{ parallel_tool_calls: 'no' }, TYPE, 'parallel_tool_calls'],
];

/** Fields that would change the answer and cannot be honoured yet. */
const refusals: Row[] = [
  [{ n: 2 }, UNSUPPORTED, 'n'],
  [{ n: 0 }, VALUE, 'n'],
  [{ n: 129 }, VALUE, 'n'],
  [{ n: 1.5 }, TYPE, 'n'],
  [{ best_of: 2 }, UNSUPPORTED, 'best_of'],
  [{ use_beam_search: true }, UNSUPPORTED, 'use_beam_search'],
  [{ logprobs: true }, UNSUPPORTED, 'logprobs'],
  [{ logprobs: 5 }, TYPE, 'logprobs'],
  [{ top_logprobs: 3 }, UNSUPPORTED, 'top_logprobs'],
  [{ top_logprobs: 21 }, VALUE, 'top_logprobs'],
  [{ tools: [{ type: 'function', function: { name: 'f' } }] }, UNSUPPORTED, 'tools'],
  [{ tools: [] }, UNSUPPORTED, 'tools'],
  [{ tools: 'hammer' }, TYPE, 'tools'],
  [{ tool_choice: 'auto' }, UNSUPPORTED, 'tool_choice'],
  [{ tool_choice: 'required' }, UNSUPPORTED, 'tool_choice'],
  [{ tool_choice: { type: 'function', function: { name: 'f' } } }, UNSUPPORTED, 'tool_choice'],
  [{ tool_choice: 5 }, TYPE, 'tool_choice'],
  [{ functions: [{ name: 'f' }] }, UNSUPPORTED, 'functions'],
  [{ function_call: 'auto' }, UNSUPPORTED, 'function_call'],
  [{ response_format: { type: 'json_object' } }, UNSUPPORTED, 'response_format'],
  [{ response_format: { type: 'json_schema', json_schema: {} } }, UNSUPPORTED, 'response_format'],
  [{ response_format: {} }, MISSING, 'response_format.type'],
  [{ response_format: 'json' }, TYPE, 'response_format'],
  [{ guided_json: {} }, UNSUPPORTED, 'guided_json'],
  [{ guided_regex: '.*' }, UNSUPPORTED, 'guided_regex'],
  [{ guided_choice: ['a'] }, UNSUPPORTED, 'guided_choice'],
  [{ guided_grammar: 'x' }, UNSUPPORTED, 'guided_grammar'],
  [{ structured_outputs: {} }, UNSUPPORTED, 'structured_outputs'],
  [{ grammar: 'root ::= "x"' }, UNSUPPORTED, 'grammar'],
  [{ bad_words: ['x'] }, UNSUPPORTED, 'bad_words'],
  [{ reasoning_effort: 'high' }, UNSUPPORTED, 'reasoning_effort'],
  [{ reasoning_effort: 3 }, TYPE, 'reasoning_effort'],
  [{ modalities: ['text', 'audio'] }, UNSUPPORTED, 'modalities'],
  [{ audio: { voice: 'x', format: 'wav' } }, UNSUPPORTED, 'audio'],
  [{ prediction: { type: 'content', content: 'x' } }, UNSUPPORTED, 'prediction'],
  [{ web_search_options: {} }, UNSUPPORTED, 'web_search_options'],
  [{ store: true }, UNSUPPORTED, 'store'],
  [{ service_tier: 'priority' }, UNSUPPORTED, 'service_tier'],
  [{ echo: true }, UNSUPPORTED, 'echo'],
  [{ return_token_ids: true }, UNSUPPORTED, 'return_token_ids'],
  [{ chat_template: '{{ x }}' }, UNSUPPORTED, 'chat_template'],
  [{ chat_template_kwargs: { enable_thinking: false } }, UNSUPPORTED, 'chat_template_kwargs'],
  [{ continue_final_message: true }, UNSUPPORTED, 'continue_final_message'],
  [{ add_generation_prompt: false }, UNSUPPORTED, 'add_generation_prompt'],
  [{ mirostat: 2 }, UNSUPPORTED, 'mirostat'],
  [{ typical_p: 0.5 }, UNSUPPORTED, 'typical_p'],
];

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const raw = (name: string, body: string, code: string, param: string | null): HostileBody => ({
  name,
  body,
  code,
  param,
});

/** What a JSON writer would not write, or not so large. */
const shapes: HostileBody[] = [
  raw('nothing', '', MISSING, 'messages'),
  raw('a half', '{"model":', 'invalid_json', null),
  raw('a bare word', 'hello', 'invalid_json', null),
  raw('a string', '"hello"', 'invalid_json', null),
  raw('NaN', '{"temperature": NaN}', 'invalid_json', null),
  raw('a list', '[]', TYPE, null),
  raw('a list of a valid body', `[${over({})}]`, TYPE, null),
  raw('an empty object', '{}', MISSING, 'messages'),
  raw('an infinite number', `{"messages":${JSON.stringify(messages)},"temperature":1e999}`, VALUE, 'temperature'),
  raw('a prototype', `{"__proto__":{"messages":${JSON.stringify(messages)}}}`, VALUE, null),
  raw('a prototype inside', '{"messages":[{"__proto__":{"role":"user","content":"x"}}]}', VALUE, 'messages'),
  raw('a prototype as bias', over({}).replace(/}$/, ',"logit_bias":{"__proto__":5}}'), VALUE, 'logit_bias'),
  raw('a constructor', '{"constructor":{"prototype":{"messages":1}}}', MISSING, 'messages'),
  raw('65 levels in an unknown field', over({}).replace(/}$/, `,"x":${nested(65)}}`), VALUE, 'x'),
  raw('a million levels', nested(1_000_000), VALUE, '0'),
  raw('100,000 levels of objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, VALUE, 'a'),
  raw('a million elements', `{"messages":[${'1,'.repeat(1_000_000)}1]}`, VALUE, 'messages'),
  raw(
    'a million parts',
    JSON.stringify({ messages: [user(Array.from({ length: 1_000_000 }, () => 1))] }),
    VALUE,
    'messages',
  ),
  raw(
    '60,000 unknown fields',
    JSON.stringify(Object.fromEntries(Array.from({ length: 60_000 }, (_, id) => [`f${id}`, 1]))),
    VALUE,
    null,
  ),
];

const rows = [...model, ...conversation, ...numbers, ...ends, ...streams, ...labels, ...refusals];

export const hostileBodies: HostileBody[] = [
  ...rows.map(([fields, code, param]) => {
    const name = JSON.stringify(fields);
    return { name: name.length > 100 ? `${name.slice(0, 100)}…` : name, body: over(fields), code, param };
  }),
  ...shapes,
];

/**
 * Requests that no honest client sends, each with the status and code it deserves. Values only: the specs send them.
 */

export interface HostileRequest {
  name: string;
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  status: number | number[];
  /** The error's code, when only one is right. */
  code?: string;
}

const CHAT = '/v1/chat/completions';
const hello = [{ role: 'user', content: 'Hello' }];
const chat = (fields: Record<string, unknown>): string => JSON.stringify({ messages: hello, max_tokens: 1, ...fields });

function nested(depth: number): string {
  return `${'['.repeat(depth)}${']'.repeat(depth)}`;
}

export const malformedBodies: HostileRequest[] = [
  '',
  ' ',
  '{',
  '}',
  '[',
  '{"messages":',
  '{"messages": [}',
  "{'messages': []}",
  '{messages: []}',
  '{"messages": [],}',
  '{"messages": [] "model": 1}',
  'nul',
  'undefined',
  'NaN',
  '{"temperature": NaN}',
  '{"temperature": Infinity}',
  '{"temperature": 01}',
  '{"temperature": 0x1}',
  '{"temperature": 1.}',
  '{"temperature": .5}',
  '"text"',
  '12',
  'true',
  'null',
  '{"messages": "\u0000"}',
  '{"messages": "\\x41"}',
  '{"messages": "\\ud83"}',
  '// comment\n{}',
  '<xml/>',
  'messages=hello',
  '{"a":1}{"b":2}',
  '{"messages": "unterminated',
].map((body) => ({ name: `malformed JSON ${JSON.stringify(body).slice(0, 40)}`, body, status: 400 }));

/** Values that fit no field of the request, by what they are. */
const strangers = { null: null, text: 'x', number: 7.5, list: [1], object: { a: 1 }, bool: true };

/** Field → the strangers that are fine there (`null` is absence for optional fields). */
const acceptable: Record<string, (keyof typeof strangers)[]> = {
  model: [],
  messages: [],
  stream: ['null', 'bool'],
  stream_options: ['null'],
  max_tokens: ['null'],
  max_completion_tokens: ['null'],
  temperature: ['null'],
  top_p: ['null'],
  top_k: ['null'],
  min_p: ['null'],
  presence_penalty: ['null'],
  frequency_penalty: ['null'],
  repetition_penalty: ['null', 'number'],
  logit_bias: ['null'],
  seed: ['null'],
  stop: ['null', 'text'],
  stop_token_ids: ['null', 'list'],
  ignore_eos: ['null', 'bool'],
  min_tokens: ['null'],
  n: ['null'],
  logprobs: ['null'],
  tools: ['null'],
  tool_choice: ['null'],
  response_format: ['null'],
};

export const wrongTypes: HostileRequest[] = Object.entries(acceptable).flatMap(([field, fine]) =>
  Object.entries(strangers)
    .filter(([kind]) => !fine.includes(kind as keyof typeof strangers))
    .filter(([kind]) => !(field === 'model' && (kind === 'text' || kind === 'null')))
    .map(([kind, value]) => ({
      name: `${field} is ${kind}`,
      body: chat({ [field]: value }),
      status: 400,
    })),
);

const unfitValues: [field: string, value: unknown][] = [
  ['temperature', -0.1],
  ['temperature', 2.1],
  ['temperature', 1e308],
  ['top_p', -1],
  ['top_p', 1.01],
  ['min_p', 2],
  ['top_k', -2],
  ['top_k', 1.5],
  ['presence_penalty', 2.5],
  ['frequency_penalty', -2.5],
  ['repetition_penalty', 0],
  ['repetition_penalty', -1],
  ['max_tokens', 0],
  ['max_tokens', -1],
  ['max_tokens', 1.5],
  ['max_tokens', 2 ** 31],
  ['max_completion_tokens', 0],
  ['max_completion_tokens', 1e15],
  ['min_tokens', -1],
  ['seed', 1.5],
  ['stop', ['a', 'b', 'c', 'd', 'e']],
  ['stop', ['']],
  ['stop', ''],
  ['stop', [1]],
  ['logit_bias', { '1': 101 }],
  ['logit_bias', { '1': 'x' }],
  ['logit_bias', { '-1': 1 }],
  ['logit_bias', { '99999999': 1 }],
  ['logit_bias', { word: 1 }],
  ['stop_token_ids', [-1]],
  ['stop_token_ids', ['1']],
  ['n', 2],
  ['n', 0],
  ['logprobs', true],
  ['top_logprobs', 3],
  ['tools', [{ type: 'function', function: { name: 'f' } }]],
  ['tool_choice', 'required'],
  ['response_format', { type: 'json_object' }],
  ['response_format', { type: 'json_schema', json_schema: {} }],
  ['stream_options', { include_usage: true }],
  ['messages', []],
  ['messages', [{}]],
  ['messages', [{ role: 'user' }]],
  ['messages', [{ role: 'king', content: 'x' }]],
  ['messages', [{ content: 'x' }]],
  ['messages', [{ role: 'user', content: 7 }]],
  ['messages', [{ role: 'user', content: [{ type: 'text' }] }]],
  ['messages', [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'http://127.0.0.1/x.png' } }] }]],
  ['messages', [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: '', format: 'wav' } }] }]],
  ['messages', [{ role: 'user', content: [{ type: 'nothing' }] }]],
  ['messages', ['hello']],
  ['messages', { 0: { role: 'user', content: 'x' } }],
];
export const outOfRange: HostileRequest[] = unfitValues.map(([field, value]) => ({
  name: `${field} = ${JSON.stringify(value).slice(0, 60)}`,
  body: chat({ [field]: value }),
  status: 400,
}));

const chatAttacks: HostileRequest[] = [
  { name: 'an unknown model', body: chat({ model: 'gpt-9' }), status: 404, code: 'model_not_found' },
  { name: 'a model that is a path', body: chat({ model: '../../etc/passwd' }), status: 404, code: 'model_not_found' },
  { name: 'a model named __proto__', body: chat({ model: '__proto__' }), status: 404, code: 'model_not_found' },
  {
    name: '__proto__ as the only field',
    body: '{"__proto__": {"messages": [{"role":"user","content":"x"}]}}',
    status: 400,
  },
  {
    name: '__proto__ in a message',
    body: '{"messages": [{"__proto__": {"role": "user", "content": "x"}}]}',
    status: 400,
  },
  {
    name: 'constructor.prototype instead of messages',
    body: '{"constructor": {"prototype": {"messages": 1}}}',
    status: 400,
  },
  {
    name: 'logit_bias with __proto__',
    body: '{"messages":[{"role":"user","content":"x"}],"logit_bias":{"__proto__": 5}}',
    status: 400,
  },
  { name: '100 nested lists as content', body: `{"messages":[{"role":"user","content":${nested(100)}}]}`, status: 400 },
  { name: '100,000 nested lists', body: nested(100_000), status: 400 },
  { name: '100,000 nested objects', body: `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, status: 400 },
  {
    name: 'a nested unknown field',
    body: `{"messages":[{"role":"user","content":"x"}],"x":${nested(5000)}}`,
    status: 400,
  },
  { name: 'a body over the limit', body: `"${'x'.repeat(5_000_000)}"`, status: 413, code: 'request_too_large' },
  {
    name: 'a prompt over the context',
    body: chat({ messages: [{ role: 'user', content: 'word '.repeat(20_000) }] }),
    status: 400,
    code: 'context_length_exceeded',
  },
  {
    name: 'an answer over the context',
    body: chat({ max_tokens: 9000 }),
    status: 400,
    code: 'context_length_exceeded',
  },
  { name: 'gzip that is not', headers: { 'content-encoding': 'gzip' }, body: 'hello', status: 400 },
  { name: 'an encoding nobody has', headers: { 'content-encoding': 'zip' }, body: chat({}), status: 415 },
  { name: 'form data', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=b', status: 415 },
  { name: 'plain text', headers: { 'content-type': 'text/plain' }, body: chat({}), status: 415 },
  { name: 'multipart', headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x--', status: 415 },
  { name: 'no content type', headers: { 'content-type': '' }, body: chat({}), status: 415 },
  {
    name: 'a charset nobody has',
    headers: { 'content-type': 'application/json; charset=klingon' },
    body: chat({}),
    status: 415,
  },
  {
    name: 'UTF-16 said to be JSON',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(chat({}), 'utf16le'),
    status: 400,
  },
  { name: 'a byte order mark and rubbish', body: Buffer.from([0xef, 0xbb, 0xbf, 0xff, 0xfe]), status: 400 },
  { name: 'GET of the chat', method: 'GET', status: 405, code: 'method_not_allowed' },
  { name: 'PUT of the chat', method: 'PUT', body: '{}', status: 405, code: 'method_not_allowed' },
  { name: 'DELETE of the chat', method: 'DELETE', status: 405, code: 'method_not_allowed' },
  { name: 'POST of a model list', path: '/v1/models', body: '{}', status: 405, code: 'method_not_allowed' },
  { name: 'an unknown path', path: '/v1/nothing', body: '{}', status: 404, code: 'not_found' },
  { name: 'a path with a broken escape', method: 'GET', path: '/v1/models/%zz', status: 400 },
  { name: 'a model id that climbs', method: 'GET', path: '/v1/models/..%2f..%2fetc', status: 404 },
  { name: 'a model id of 4,000 letters', method: 'GET', path: `/v1/models/${'x'.repeat(4000)}`, status: 404 },
  {
    name: 'a query that asks for another model',
    method: 'GET',
    path: '/v1/model?model=nope',
    status: 404,
    code: 'model_not_found',
  },
  { name: 'a query given twice', method: 'GET', path: '/v1/model?model=a&model=b', status: [400, 404] },
];
export const attacks = chatAttacks.map((request) => ({ path: CHAT, method: 'POST', ...request }));

/** Credentials that must not open anything. `KEY` stands for the right key. */
const credentialAttacks: HostileRequest[] = [
  { name: 'none', headers: {}, status: 401, code: 'missing_credentials' },
  { name: 'an empty key', headers: { 'api-key': '' }, status: 401, code: 'missing_credentials' },
  { name: 'a wrong key', headers: { 'api-key': 'wrong' }, status: 401, code: 'invalid_api_key' },
  { name: 'a key in capitals', headers: { 'api-key': 'UPPER:KEY' }, status: 401, code: 'invalid_api_key' },
  { name: 'a key with a letter more', headers: { 'api-key': 'KEYx' }, status: 401, code: 'invalid_api_key' },
  { name: 'two keys in one header', headers: { 'api-key': 'KEY, KEY' }, status: 401, code: 'invalid_api_key' },
  { name: 'a bearer of nothing', headers: { authorization: 'Bearer' }, status: 401, code: 'missing_credentials' },
  { name: 'a key without a scheme', headers: { authorization: 'KEY' }, status: 401, code: 'missing_credentials' },
  { name: 'Basic', headers: { authorization: 'Basic S0VZ' }, status: 401, code: 'missing_credentials' },
  { name: 'two bearers', headers: { authorization: 'Bearer KEY, Bearer KEY' }, status: [400, 401] },
  { name: 'a bearer and something', headers: { authorization: 'Bearer KEY x' }, status: [400, 401] },
  {
    name: 'bearer and api-key',
    headers: { authorization: 'Bearer KEY', 'api-key': 'KEY' },
    status: 400,
    code: 'ambiguous_auth',
  },
  {
    name: 'bearer and x-api-key',
    headers: { authorization: 'Bearer KEY', 'x-api-key': 'KEY' },
    status: 400,
    code: 'ambiguous_auth',
  },
  {
    name: 'api-key and x-api-key',
    headers: { 'api-key': 'KEY', 'x-api-key': 'KEY' },
    status: 400,
    code: 'ambiguous_auth',
  },
  {
    name: 'Basic and api-key',
    headers: { authorization: 'Basic x', 'api-key': 'KEY' },
    status: 400,
    code: 'ambiguous_auth',
  },
  { name: 'an underscore', headers: { api_key: 'KEY' }, status: 401, code: 'missing_credentials' },
  { name: 'a cookie', headers: { cookie: 'api-key=KEY' }, status: 401, code: 'missing_credentials' },
  { name: 'a key of 8 KB', headers: { 'api-key': 'k'.repeat(8192) }, status: 401, code: 'invalid_api_key' },
  { name: 'a token of three dots', headers: { authorization: 'Bearer a.b.c' }, status: 401 },
  { name: 'a token signed by nobody', headers: { authorization: `Bearer ${unsigned({ alg: 'none' })}` }, status: 401 },
  {
    name: 'a token in api-key',
    headers: { 'api-key': unsigned({ alg: 'RS256' }) },
    status: 401,
    code: 'invalid_api_key',
  },
];
export const badCredentials = credentialAttacks.map((request) => ({ body: chat({}), ...request }));

function unsigned(header: Record<string, unknown>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part({ sub: 'me', exp: 4e9 })}.`;
}

/** Whole requests as bytes, for what an HTTP library would not send. The answer must be well-formed and close. */
export const rawRequests: { name: string; bytes: string; status: number[] }[] = [
  { name: 'no HTTP at all', bytes: 'hello\r\n\r\n', status: [400] },
  { name: 'a wrong version', bytes: 'GET /health HTTP/9.9\r\nHost: x\r\n\r\n', status: [400, 505] },
  { name: 'an unknown method', bytes: 'BREW /health HTTP/1.1\r\nHost: x\r\n\r\n', status: [400] },
  {
    name: 'an unknown expectation',
    bytes: 'GET /health HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\n\r\n',
    status: [401],
  },
  { name: 'no host', bytes: 'GET /health HTTP/1.1\r\n\r\n', status: [400] },
  { name: 'a folded header', bytes: 'GET /health HTTP/1.1\r\nHost: x\r\napi-key: a\r\n b\r\n\r\n', status: [400] },
  { name: 'a space before the colon', bytes: 'GET /health HTTP/1.1\r\nHost : x\r\n\r\n', status: [400] },
  { name: 'a NUL in a header', bytes: 'GET /health HTTP/1.1\r\nHost: x\r\napi-key: a\0b\r\n\r\n', status: [400] },
  { name: 'bare line feeds', bytes: 'GET /health HTTP/1.1\nHost: x\n\n', status: [400, 401] },
  {
    name: 'two lengths',
    bytes: 'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
    status: [400],
  },
  {
    name: 'a length and chunks',
    bytes:
      'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    status: [400],
  },
  {
    name: 'a negative length',
    bytes: 'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n',
    status: [400],
  },
  {
    name: 'chunks of nonsense',
    bytes: 'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    status: [400, 401],
  },
  {
    name: '40 KB of headers',
    bytes: `GET /health HTTP/1.1\r\nHost: x\r\nx-long: ${'x'.repeat(40_000)}\r\n\r\n`,
    status: [431],
  },
  {
    name: '3,000 headers',
    bytes: `GET /health HTTP/1.1\r\nHost: x\r\n${'a: b\r\n'.repeat(3000)}\r\n`,
    status: [401, 431],
  },
];

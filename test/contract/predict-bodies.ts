/**
 * Prediction bodies that must be refused, each with status, code and param of its error. Values only: the spec sends them.
 *
 * `single` takes `x` float32 [N, 2]; `tensors` takes `f` float32 [N, 2], `k` int64 [N], `u` uint8 [2], `s` string [N, 1], `b`
 * bool [] and, with a default, `h` float16 [1]; `text` takes a text, `image` a picture.
 */
export type HostileModel = 'single' | 'tensors' | 'text' | 'image';

export interface HostileBody {
  name: string;
  model: HostileModel;
  body: string;
  status: number;
  code: string;
  param: string | null;
}

type Expectation = [code: string, param: string | null];

const MISSING = 'missing_required_parameter';
const TYPE = 'invalid_type';
const VALUE = 'invalid_value';
const MALFORMED = 'invalid_json';
const UNKNOWN = 'unsupported_parameter';
const MEDIA = 'unsupported_media_type';
const STATUS: Record<string, number> = { [MEDIA]: 415, model_not_found: 404 };

const base64 = (content: string | Uint8Array) => Buffer.from(content).toString('base64');

function row(model: HostileModel, name: string, body: string, [code, param]: Expectation): HostileBody {
  return { name: `${model}: ${name}: ${body.slice(0, 80)}`, model, body, status: STATUS[code] ?? 400, code, param };
}

const good = { content_type: 'application/json', encoder: 'json', data: [[1, 2]] };

/** The body itself. */
const envelopes: HostileBody[] = (
  [
    ...['', ' ', '\n'].map((text): [string, Expectation] => [text, text === '' ? [MISSING, null] : [MALFORMED, null]]),
    ...[
      '{',
      '}',
      '[',
      '{"items"',
      '{"items":',
      '{"items":[}',
      '{"items":[],}',
      "{'items':[]}",
      '{items:[]}',
      'nul',
      'NaN',
      '-',
      '1.',
      '01',
      '"',
      '"\\x"',
      '{"items":[]}{}',
      '{"items":[1,]}',
      '{"a":1 "b":2}',
      '\u0000',
      '[1e]',
      '{"items":[{"data":"\n"}]}',
      '<items/>',
      'items=1',
      '\uFEFF{',
    ].map((text): [string, Expectation] => [text, [MALFORMED, null]]),
    ...['null', '1', '"x"', 'true', '[]', '[1]'].map((text): [string, Expectation] => [text, [TYPE, null]]),
    ['{}', [MISSING, 'items']],
    ...['null', '1', '"x"', '{}', 'true', '{"0":{}}'].map((items): [string, Expectation] => [
      `{"items":${items}}`,
      [TYPE, 'items'],
    ]),
    ['{"items":[]}', [VALUE, 'items']],
    [`{"items":[${'1,'.repeat(64)}1]}`, [VALUE, 'items']],
    ['['.repeat(100_000), [VALUE, null]],
    [`{"items":[${'['.repeat(70)}${']'.repeat(70)}]}`, [VALUE, null]],
    ['{"__proto__":{},"items":[]}', [VALUE, null]],
    ['{"items":[{"__proto__":{"content_type":"x"}}]}', [VALUE, null]],
    ...['5', '""', '[]', '{}', 'true', `"${'m'.repeat(257)}"`].map((model): [string, Expectation] => [
      `{"model":${model},"items":[${JSON.stringify(good)}]}`,
      [model === '""' || model.length > 200 ? VALUE : TYPE, 'model'],
    ]),
    ...['nobody', '__proto__', 'constructor', '../x', 'single:9', ' '].map((model): [string, Expectation] => [
      JSON.stringify({ model, items: [good] }),
      ['model_not_found', 'model'],
    ]),
  ] as [string, Expectation][]
).map(([body, expected]) => row('single', 'envelope', body, expected));

/** One item, in plain JSON. */
const item = (model: HostileModel, name: string, value: unknown, ...expected: Expectation) =>
  row(model, name, JSON.stringify({ model, items: [value] }), expected);

const items: HostileBody[] = [
  ...[null, 1, 'x', true, []].map((value) => item('single', 'item', value, TYPE, 'items.0')),
  item('single', 'item', {}, MISSING, 'items.0.content_type'),
  ...[null, 1, [], {}, true].map((content_type) =>
    item('single', 'type', { ...good, content_type }, TYPE, 'items.0.content_type'),
  ),
  ...['', 'x'.repeat(129)].map((content_type) =>
    item('single', 'type', { ...good, content_type }, VALUE, 'items.0.content_type'),
  ),
  ...[
    'x',
    'json',
    'application/xml',
    'image/tiff',
    'image/svg+xml',
    'video/mp4',
    'text/html',
    '*/*',
    'application/json5',
    'constructor',
    '__proto__',
  ].map((content_type) => item('single', 'type', { ...good, content_type }, MEDIA, 'items.0.content_type')),
  ...['gzip', 'BASE64', 'utf-8', ''].map((encoder) =>
    item('single', 'encoder', { ...good, encoder }, VALUE, 'items.0.encoder'),
  ),
  ...[1, [], {}, true].map((encoder) => item('single', 'encoder', { ...good, encoder }, TYPE, 'items.0.encoder')),
  item('single', 'data', { content_type: 'application/json', encoder: 'json' }, MISSING, 'items.0.data'),
  item('single', 'data', { content_type: 'application/json', encoder: 'base64' }, MISSING, 'items.0.data'),
  ...[null, 1, [[1, 2]], {}, true].map((data) =>
    item('single', 'data', { ...good, encoder: 'base64', data }, TYPE, 'items.0.data'),
  ),
  ...[
    '*',
    'A',
    'AAAAA',
    'W1sx*DJdXQ==',
    'data:application/json;base64,W10=',
    'é',
    '=',
    'AA=A',
    'AAA==',
    '\0\0\0\0',
  ].map((data) => item('single', 'base64', { ...good, encoder: 'base64', data }, VALUE, 'items.0.data')),
  ...[
    '',
    ' ',
    '[',
    '[[1,2]',
    '[[1,2],]',
    '{x:1}',
    'hello',
    '[[1,2]]]',
    '\uFEFF',
    '[[NaN,1]]',
    '[[Infinity,1]]',
    '[[1,2],[3,4],]',
    "[['a']]",
    '[[+1,2]]',
    '[[.5,2]]',
    '[[0x1,2]]',
  ].map((text) =>
    item('single', 'inner', { ...good, encoder: 'base64', data: base64(text) }, MALFORMED, 'items.0.data'),
  ),
  item(
    'single',
    'inner',
    { ...good, encoder: 'base64', data: base64(Uint8Array.of(0x22, 0xff, 0x22)) },
    MALFORMED,
    'items.0.data',
  ),
  item('single', 'inner', { ...good, encoder: 'base64', data: base64('['.repeat(1_000_000)) }, VALUE, 'items.0.data'),
  item('single', 'inner', { ...good, encoder: 'base64', data: base64('{"__proto__":[]}') }, VALUE, 'items.0.data'),
  item('single', 'text', { content_type: 'text/csv', encoder: 'json', data: [1] }, TYPE, 'items.0.data'),
  item(
    'single',
    'text',
    { content_type: 'text/csv', encoder: 'base64', data: base64(Uint8Array.of(0x61, 0xff)) },
    VALUE,
    'items.0.data',
  ),
  item(
    'text',
    'text',
    { content_type: 'text/plain', encoder: 'base64', data: base64(Uint8Array.of(0xc3, 0x28)) },
    VALUE,
    'items.0.data',
  ),
  item('image', 'picture', { content_type: 'image/png', encoder: 'json', data: 'x' }, VALUE, 'items.0.encoder'),
];

/** Elements that an input does not have, by dtype; put at the place of a good one. */
const NOT_A_NUMBER = [null, true, 'x', '', '1', 'nan', 'inf', [], [1], {}, '1e400'];
const BAD: Record<string, { good: unknown; bad: unknown[] }> = {
  f: { good: [[1, 2], [3, 4]], bad: [...NOT_A_NUMBER, 1e39, -1e39] }, // oxfmt-ignore
  k: {
    good: [1, 2],
    bad: [...NOT_A_NUMBER.filter((value) => value !== '1'), 1.5, 1e300, '1.0', '--1', '9223372036854775808', 2 ** 63],
  },
  u: { good: [1, 2], bad: [...NOT_A_NUMBER, 256, 300, -1, 1.5, 1e10] },
  s: { good: [['a'], ['b']], bad: [null, true, 1, 1.5, [], ['a'], {}] },
  b: { good: true, bad: [null, 'true', 0, 1, 2, '', [], {}] },
  h: { good: [1], bad: [...NOT_A_NUMBER, 65520, -70000, 1e39] },
};
const whole = Object.fromEntries(Object.entries(BAD).map(([name, { good }]) => [name, good]));

/** The last leaf of nested arrays replaced. */
function damaged(value: unknown, leaf: unknown): unknown {
  if (!Array.isArray(value)) return leaf;
  return [...(value.slice(0, -1) as unknown[]), damaged(value.at(-1), leaf)];
}

function namedItems(name: string, inputs: unknown, ...expected: Expectation): HostileBody[] {
  return [
    item('tensors', name, { ...good, data: inputs }, ...expected),
    item('tensors', name, { ...good, encoder: 'base64', data: base64(JSON.stringify(inputs)) }, ...expected),
  ];
}

const elements: HostileBody[] = Object.entries(BAD).flatMap(([name, { good, bad }]) =>
  bad.flatMap((leaf) =>
    namedItems(`${name} element`, { ...whole, [name]: damaged(good, leaf) }, VALUE, `items.0.inputs.${name}`),
  ),
);

const at = (name: string): Expectation => [VALUE, `items.0.inputs.${name}`];
const shapes: HostileBody[] = (
  [
    [{ ...whole, f: 1 }, at('f')],
    [{ ...whole, f: [1, 2] }, at('f')],
    [{ ...whole, f: [[1], [2]] }, at('f')],
    [{ ...whole, f: [[1, 2, 3]] }, at('f')],
    [{ ...whole, f: [[1, 2], [3]] }, at('f')],
    [{ ...whole, f: [[1, 2], 3] }, at('f')],
    [{ ...whole, f: [[[1, 2]]] }, at('f')],
    [
      {
        ...whole,
        f: [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
      },
      at('k'),
    ],
    [{ ...whole, k: [1] }, at('k')],
    [{ ...whole, k: [] }, at('k')],
    [{ ...whole, k: 1 }, at('k')],
    [{ ...whole, u: [1] }, at('u')],
    [{ ...whole, u: [1, 2, 3] }, at('u')],
    [{ ...whole, u: [] }, at('u')],
    [{ ...whole, b: [true] }, at('b')],
    [{ ...whole, h: [1, 2] }, at('h')],
    [{ ...whole, zzz: [1] }, at('zzz')],
    [{ ...whole, F: [[1, 2]] }, at('F')],
    [{ ...whole, constructor: 1 }, at('constructor')],
    [{ ...whole, f: { shape: [2, 2] } }, at('f')],
    [{ ...whole, f: { data: null } }, at('f')],
    [{ ...whole, f: { data: [1, 2, 3, 4], shape: [2, 2], name: 'f' } }, at('f')],
    ...[
      [2, 3],
      [4],
      [2],
      [2, 2, 1],
      [],
      [-1, 2],
      [2, -2],
      [1.5, 2],
      ['2', 2],
      [null, 2],
      [2e9, 2e9],
      [0, 2],
      4,
      'x',
      {},
      true,
      [[2, 2]],
      Array.from({ length: 65 }, () => 1),
    ].map((shape) => [{ ...whole, f: { data: [1, 2, 3, 4], shape } }, at('f')] as [unknown, Expectation]),
    ...['float64', 'int32', 'FP32', 'bfloat16', '', 'tensor(float)', 1, [], {}].map(
      (dtype) => [{ ...whole, f: { dtype, data: [1, 2, 3, 4], shape: [2, 2] } }, at('f')] as [unknown, Expectation],
    ),
    ...Object.keys(whole)
      .filter((name) => name !== 'h')
      .map((name) => [{ ...whole, [name]: undefined }, [MISSING, `items.0.inputs.${name}`]] as [unknown, Expectation]),
    [{}, [MISSING, 'items.0.inputs.f']],
    [[], [VALUE, 'items.0.data']],
    [[1], [VALUE, 'items.0.data']],
    [5, [VALUE, 'items.0.data']],
    ['x', [VALUE, 'items.0.data']],
  ] as [unknown, Expectation][]
).flatMap(([inputs, expected]) => namedItems('shape', inputs, ...expected));

const csv = (data: string) => ({ content_type: 'text/csv', encoder: 'json', data });
const tables: HostileBody[] = [
  item('single', 'records', { ...good, data: [{}] }, MISSING, 'items.0.inputs.x'),
  ...[
    [{ a: 1, b: 2 }, 5],
    [{ a: 1, b: 2 }, null],
    [{ a: 1, b: 2 }, []],
    [{ a: 1, b: 2 }, {}],
    [{ a: 1, b: 2 }, { a: 1 }],
    [
      { a: 1, b: 2 },
      { a: 1, c: 2 },
    ],
    [
      { a: 1, b: 2 },
      { a: 1, b: 2, c: 3 },
    ],
  ].map((data) => item('single', 'records', { ...good, data }, VALUE, 'items.0.data')),
  ...[[{ a: 1 }], [{ a: 1, b: 2, c: 3 }]].map((data) => item('single', 'records', { ...good, data }, ...at('x'))),
  ...[[{ a: 1, b: 'x' }], [{ a: 1, b: [1] }], [{ a: {}, b: 1 }], [{ a: true, b: 1 }], [{ a: 1e39, b: 1 }]].map((data) =>
    item('single', 'records', { ...good, data }, VALUE, 'items.0.inputs'),
  ),
  item('tensors', 'records', { ...good, data: [{ f: 1, zzz: 2 }] }, VALUE, 'items.0.inputs'),
  item('tensors', 'records', { ...good, data: [{ k: 'x' }] }, ...at('k')),
  ...['', 'a,a\n1,2', 'a,\n1,2', 'a,b\n1', 'a,b\n1,2,3', 'a,b\n"1,2', 'a,b\n"1"x,2'].map((text) =>
    item('single', 'csv', csv(text), VALUE, 'items.0.data'),
  ),
  ...['a\n1', 'a,b,c\n1,2,3', 'a,b\n'.repeat(0) + 'a\n'].map((text) => item('single', 'csv', csv(text), ...at('x'))),
  ...['a,b\n1,x', 'a,b\n1,0x10', 'a,b\n1,1e400', 'a,b\n1,1_000', 'a,b\n1,true'].map((text) =>
    item('single', 'csv', csv(text), VALUE, 'items.0.inputs'),
  ),
];

const text = { content_type: 'text/plain', encoder: 'json', data: 'hello' };
const png = (content: string | Uint8Array) => ({ content_type: 'image/png', encoder: 'base64', data: base64(content) });
const contents: HostileBody[] = [
  ...(['single', 'tensors', 'image'] as const).map((model) =>
    item(model, 'a text', text, MEDIA, 'items.0.content_type'),
  ),
  ...(['single', 'tensors', 'text'] as const).map((model) =>
    item(model, 'a picture', png('x'), MEDIA, 'items.0.content_type'),
  ),
  ...['', 'x', '\x89PNG', '\x89PNG\r\n\x1a\n', 'GIF89a', '<svg/>', 'BM', '\xff\xd8\xff'].map((bytes) =>
    item('image', 'a picture', png(Buffer.from(bytes, 'latin1')), VALUE, 'items.0.data'),
  ),
];

const settings = (parameters: unknown, ...expected: Expectation) =>
  row('single', 'parameters', JSON.stringify({ model: 'single', items: [good], parameters }), expected);
const parameters: HostileBody[] = [
  ...[1, 'x', [], true].map((value) => settings(value, TYPE, 'parameters')),
  ...['topk', 'Top_k', 'constructor', 'preprocessing'].map((key) =>
    settings({ [key]: 1 }, UNKNOWN, `parameters.${key}`),
  ),
  ...['1', true, [], {}, 1.5].map((top_k) => settings({ top_k }, TYPE, 'parameters.top_k')),
  ...[0, -1, 1e7].map((top_k) => settings({ top_k }, VALUE, 'parameters.top_k')),
  ...['true', 1, []].map((softmax) => settings({ softmax }, TYPE, 'parameters.softmax')),
  settings({ softmax: true }, VALUE, 'parameters.softmax'),
  ...(['nan', 'integers', 'encoder'] as const).flatMap((key) => [
    settings({ [key]: 'maybe' }, VALUE, `parameters.${key}`),
    settings({ [key]: 1 }, TYPE, `parameters.${key}`),
  ]),
  ...(['outputs', 'columns'] as const).flatMap((key) => [
    settings({ [key]: 'x' }, TYPE, `parameters.${key}`),
    settings({ [key]: [] }, VALUE, `parameters.${key}`),
    settings({ [key]: [1] }, TYPE, `parameters.${key}.0`),
    settings({ [key]: [''] }, VALUE, `parameters.${key}.0`),
  ]),
  settings({ outputs: ['nobody'] }, VALUE, 'parameters.outputs.0'),
  settings({ outputs: ['x_out', 'constructor'] }, VALUE, 'parameters.outputs.1'),
  ...[1, 'x', [], true].map((preprocess) => settings({ preprocess }, TYPE, 'parameters.preprocess')),
];

export const HOSTILE_PREDICTIONS: HostileBody[] = [
  ...envelopes,
  ...items,
  ...elements,
  ...shapes,
  ...tables,
  ...contents,
  ...parameters,
];

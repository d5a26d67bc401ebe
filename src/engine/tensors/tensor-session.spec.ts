import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ModelParts } from '../../../test/support/onnx/onnx-writer.js';
import { openSession } from '../../../test/support/onnx/runtime.js';
import { DIVISION, identity, OF_SHAPE, SCALED, SEQUENCE, zipMap } from '../../../test/support/onnx/tensor-models.js';
import type { Dtype, GraphValue, NamedValue, TensorData, TensorValue } from '../protocol.js';
import { TensorSession } from './tensor-session.js';

const LIMIT = 1 << 20;

async function open(model: ModelParts): Promise<TensorSession> {
  return new TensorSession(await openSession(model), LIMIT);
}

function tensor(dtype: Dtype, shape: number[], data: TensorData): TensorValue {
  return { kind: 'tensor', dtype, shape, data };
}

function named(values: Record<string, GraphValue>): NamedValue[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

const BIT_ARRAYS = {
  float16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
} as const;

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 });

describe('numbers through the runtime', () => {
  it.each(Object.keys(BIT_ARRAYS) as (keyof typeof BIT_ARRAYS)[])('keep every bit: %s', async (dtype) => {
    const session = await open(identity(dtype));
    const ArrayType = BIT_ARRAYS[dtype];
    await fc.assert(
      fc.asyncProperty(shapes, fc.infiniteStream(fc.nat(255)), async (shape, bytes) => {
        const count = shape.reduce((product, size) => product * size, 1);
        const raw = Uint8Array.from(
          { length: count * ArrayType.BYTES_PER_ELEMENT },
          () => bytes.next().value as number,
        );
        const value = tensor(dtype, shape, new ArrayType(raw.buffer));
        const [{ value: y }] = await session.run(named({ x: value }), null);
        const { data, ...rest } = y as TensorValue;
        expect(rest).toEqual({ kind: 'tensor', dtype, shape });
        const view = data as Exclude<TensorData, string[]>;
        expect(new Uint8Array(view.buffer, view.byteOffset, view.byteLength)).toEqual(raw);
      }),
      { numRuns: 100 },
    );
    session.dispose();
  });

  it('keep truth', async () => {
    const session = await open(identity('bool'));
    const value = tensor('bool', [3], Uint8Array.of(1, 0, 1));
    expect(await session.run(named({ x: value }), null)).toEqual(named({ y: value }));
    session.dispose();
  });
});

describe('texts through the runtime', () => {
  it('are the same to the byte, whatever they hold', async () => {
    const session = await open(identity('string'));
    const texts = fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(texts, async (data) => {
        const value = tensor('string', [data.length], data);
        expect(await session.run(named({ x: value }), null)).toEqual(named({ y: value }));
      }),
      { numRuns: 300, examples: [[['a\0b', '\0', '', '\0\0']], [['é', '😀', '你好']], [[]]] },
    );
    session.dispose();
  });

  it('may be a scalar', async () => {
    const session = await open(identity('string'));
    const value = tensor('string', [], ['one']);
    expect(await session.run(named({ x: value }), null)).toEqual(named({ y: value }));
    session.dispose();
  });
});

describe('tables and lists', () => {
  const scores = tensor('float32', [2, 2], Float32Array.of(0.25, 0.75, 1, 0));

  it('a classifier with text labels', async () => {
    const session = await open(zipMap(['nein\0', 'ja']));
    expect(session.signature.outputs).toEqual([
      { name: 'scores', type: 'seq(map(string,tensor(float)))', dtype: null, shape: null, optional: false },
    ]);
    const [{ value }] = await session.run(named({ x: scores }), null);
    // The runtime keeps its tables sorted.
    const keys = ['ja', 'nein\0'];
    expect(value).toEqual({
      kind: 'sequence',
      items: [
        { kind: 'map', keys, values: [0.75, 0.25] },
        { kind: 'map', keys, values: [0, 1] },
      ],
    });
    session.dispose();
  });

  it('a classifier with 64-bit labels', async () => {
    const session = await open(zipMap([7, -1]));
    const [{ value }] = await session.run(named({ x: scores }), null);
    expect(value).toMatchObject({ items: [{ keys: [-1n, 7n], values: [0.75, 0.25] }, {}] });
    session.dispose();
  });

  it('a list of tensors goes in and comes out', async () => {
    const session = await open(SEQUENCE);
    expect(session.signature.inputs[0]).toMatchObject({ type: 'seq(tensor(float))', dtype: null });
    const items = [tensor('float32', [2], Float32Array.of(1, 2)), tensor('float32', [1], Float32Array.of(3))];
    const parts: GraphValue = { kind: 'sequence', items };
    const whole = tensor('float32', [3], Float32Array.of(1, 2, 3));
    expect(await session.run(named({ parts }), null)).toEqual(named({ same: parts, whole }));
    const empty = session.run(named({ parts: { kind: 'sequence', items: [] } }), null);
    await expect(empty).rejects.toMatchObject({ code: 'invalid_value', param: 'inputs.parts' });
    session.dispose();
  });
});

describe('a signature', () => {
  it('tells free axes by name, scalars, absent ranks, and inputs with a default', async () => {
    const session = await open({
      ...SCALED,
      nodes: [...SCALED.nodes, { op: 'Identity', inputs: ['u'], outputs: ['v'] }],
      inputs: [
        ...SCALED.inputs!,
        { name: 'u', type: 'float16', shape: [], unranked: true },
        { name: 's', type: 'int64', shape: [] },
        { name: 'q', type: 'bfloat16', shape: ['?', '', 'päst', 3] },
      ],
    });
    expect(session.signature.inputs).toEqual([
      { name: 'x', type: 'tensor(float)', dtype: 'float32', shape: ['n', 2], optional: false },
      { name: 'u', type: 'tensor(float16)', dtype: 'float16', shape: null, optional: false },
      { name: 's', type: 'tensor(int64)', dtype: 'int64', shape: [], optional: false },
      { name: 'q', type: 'tensor(bfloat16)', dtype: null, shape: [null, null, 'päst', 3], optional: false },
      { name: 'scale', type: 'tensor(float)', dtype: 'float32', shape: [1], optional: true },
    ]);
    session.dispose();
  });
});

describe('a run', () => {
  const x = tensor('float32', [1, 2], Float32Array.of(1, 2));

  it('uses a default, and what overrides it', async () => {
    const session = await open(SCALED);
    const scale = tensor('float32', [1], Float32Array.of(10));
    expect(await session.run(named({ x }), null)).toMatchObject([{ value: { data: Float32Array.of(2, 4) } }]);
    expect(await session.run(named({ x, scale }), ['y'])).toMatchObject([{ value: { data: Float32Array.of(10, 20) } }]);
    session.dispose();
  });

  it.each<[string, Record<string, GraphValue>, string[] | null, string, string]>([
    ['an unknown input', { x, z: x }, null, 'inputs.z', 'no input "z"; it has "x", "scale"'],
    ['a missing input', {}, null, 'inputs.x', 'Input "x" is missing'],
    ['an unknown output', { x }, ['q'], 'outputs', 'no output "q"; it has "y"'],
    ['too little data', { x: { ...x, shape: [2, 2] } }, null, 'inputs.x', '4 elements, the data 2'],
    ['data of another width', { x: { ...x, data: new Float64Array(2) } }, null, 'inputs.x', '8 bytes an element'],
    ['a map', { x: { kind: 'map', keys: [], values: [] } }, null, 'inputs.x', 'a map cannot be given'],
  ])('refuses %s', async (_, inputs, outputs, param, words) => {
    const session = await open(SCALED);
    const refused = session.run(named(inputs), outputs);
    await expect(refused).rejects.toMatchObject({
      code: 'invalid_value',
      param,
      message: expect.stringContaining(words),
    });
    session.dispose();
  });

  it('gives what the runtime finds wrong as the request’s error, in plain words', async () => {
    const session = await open(DIVISION);
    const run = (b: number[]) =>
      session.run(
        named({ a: tensor('int32', [1], Int32Array.of(6)), b: tensor('int32', [b.length], Int32Array.from(b)) }),
        null,
      );
    const message = 'The model cannot run on these inputs: Div "Div y": Integer division by zero.';
    await expect(run([0])).rejects.toMatchObject({ code: 'invalid_value', message });
    expect(await run([3])).toMatchObject([{ value: { data: Int32Array.of(2) } }]);
    session.dispose();
  });

  it('refuses an answer larger than the limit, and names the output and the size', async () => {
    const session = await open(OF_SHAPE);
    const ask = (...shape: bigint[]) =>
      session.run(named({ shape: tensor('int64', [shape.length], BigInt64Array.from(shape)) }), null);
    await expect(ask(1024n, 257n)).rejects.toMatchObject({
      code: 'invalid_value',
      message: `Output "y" makes the answer ${1024 * 257 * 4} bytes or more; the limit is ${LIMIT}.`,
    });
    expect(await ask(1024n, 256n)).toMatchObject([{ value: { shape: [1024, 256] } }]);
    session.dispose();
  });

  it('ends at once after terminate', async () => {
    const session = await open(SCALED);
    session.terminate();
    await expect(session.run(named({ x }), null)).rejects.toThrow('terminate');
    session.dispose();
  });

  it('leaves nothing behind: two thousand runs of every kind, good and bad', { timeout: 120_000 }, async () => {
    const text = 'x'.repeat(20_000);
    const sessions = await Promise.all([
      open(identity('string')),
      open(zipMap(['ja', 'nein'])),
      open(SEQUENCE),
      open(DIVISION),
      open(identity('float32')),
    ]);
    const numbers = tensor('float32', [5000], new Float32Array(5000));
    const rows = tensor('float32', [100, 2], new Float32Array(200));
    const zero = tensor('int32', [5000], new Int32Array(5000));
    const round = async () => {
      const [texts, tables, lists, division, floats] = sessions;
      await texts.run(named({ x: tensor('string', [2], [text, text]) }), null);
      await tables.run(named({ x: rows }), null);
      await lists.run(named({ parts: { kind: 'sequence', items: [numbers, numbers] } }), null);
      await division.run(named({ a: zero, b: zero }), null).catch(() => undefined);
      await lists.run(named({ parts: { kind: 'sequence', items: [numbers, zero] } }), null).catch(() => undefined);
      await floats.run(named({ x: numbers }), null);
    };
    for (let i = 0; i < 200; i += 1) await round();
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 2000; i += 1) await round();
    // Any one value left behind in each round is 20 kB or more: 40 MB in all.
    expect(process.memoryUsage.rss() - before).toBeLessThan(32 * 1024 * 1024);
    for (const session of sessions) session.dispose();
  });
});

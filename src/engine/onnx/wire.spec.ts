import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CHAT_MODEL, hasChatModel } from '../../../test/support/real-model.js';
import { ATTRIBUTE, GRAPH, MODEL, NODE, TENSOR, TYPE, VALUE } from './schema.js';
import {
  bytesField,
  decodeFields,
  encodeFields,
  findField,
  floatField,
  integersAt,
  messageField,
  textField,
  textOf,
  varintField,
  varintOf,
  type Field,
} from './wire.js';

const fieldNumber = fc.integer({ min: 1, max: 2 ** 29 - 1 });
const anyField: fc.Arbitrary<Field> = fc.oneof(
  fc.tuple(fieldNumber, fc.uint8Array({ maxLength: 300 })).map(([number, value]) => bytesField(number, value)),
  fc.tuple(fieldNumber, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })).map(([n, v]) => varintField(n, v)),
  fc.tuple(fieldNumber, fc.float()).map(([number, value]) => floatField(number, value)),
);

describe('the wire format', () => {
  it('writes what the specification shows', () => {
    expect([...varintField(1, 150).bytes]).toEqual([0x08, 0x96, 0x01]);
    expect([...textField(2, 'testing').bytes]).toEqual([0x12, 0x07, ...Buffer.from('testing')]);
    expect([...varintField(1, -2).bytes]).toEqual([0x08, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    expect([...messageField(3, [varintField(1, 150)]).bytes]).toEqual([0x1a, 0x03, 0x08, 0x96, 0x01]);
  });

  it('gives back any list of fields', () => {
    fc.assert(
      fc.property(fc.array(anyField, { maxLength: 20 }), (fields) => {
        const decoded = decodeFields(encodeFields(fields));
        expect(decoded.map(({ number, wireType }) => ({ number, wireType }))).toEqual(
          fields.map(({ number, wireType }) => ({ number, wireType })),
        );
        for (const [i, field] of decoded.entries()) expect(Buffer.from(field.value).equals(fields[i].value)).toBe(true);
      }),
    );
  });

  it('reads signed numbers, repeated numbers packed or not, and the last of several texts', () => {
    expect(varintOf(varintField(1, -7))).toBe(-7);
    const packed = bytesField(5, Uint8Array.of(3, 0x8e, 0x02, 1));
    expect(integersAt([varintField(5, 9), packed, varintField(6, 1)], 5)).toEqual([9, 3, 270, 1]);
    expect(textOf(findField([textField(1, 'a'), textField(1, 'ü')], 1)!)).toBe('ü');
  });

  it('keeps fields of writers that do not use the shortest form', () => {
    const clumsy = Uint8Array.of(0x08, 0x96, 0x81, 0x00, 0x12, 0x81, 0x00, 0x41);
    expect([...encodeFields(decodeFields(clumsy))]).toEqual([...clumsy]);
  });

  it('refuses what is not a message, and never runs away', () => {
    expect(() => decodeFields(Uint8Array.of(0x12, 0x05, 1, 2))).toThrow('a field ends at byte 7 of 4');
    expect(() => decodeFields(Uint8Array.of(0x0b))).toThrow('wire type 3');
    expect(() => decodeFields(Uint8Array.of(0x08, 0xff))).toThrow('a number without end');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          expect([...encodeFields(decodeFields(bytes))]).toEqual([...bytes]);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});

/** Messages inside messages, as far as a graph edit looks. */
const INNER: Record<string, Record<number, string>> = {
  model: { [MODEL.graph]: 'graph', [MODEL.opsetImport]: 'leaf', [MODEL.metadata]: 'leaf' },
  graph: {
    [GRAPH.node]: 'node',
    [GRAPH.initializer]: 'tensor',
    [GRAPH.input]: 'value',
    [GRAPH.output]: 'value',
    [GRAPH.valueInfo]: 'value',
  },
  node: { [NODE.attribute]: 'attribute' },
  attribute: { [ATTRIBUTE.tensor]: 'tensor', [ATTRIBUTE.graph]: 'graph' },
  tensor: { [TENSOR.externalData]: 'leaf' },
  value: { [VALUE.type]: 'type' },
  type: { [TYPE.tensor]: 'tensorType' },
  tensorType: { 2: 'shape' },
  shape: { 1: 'leaf' },
  leaf: {},
};

/** Takes every message apart and writes it anew, tags and lengths included. */
function rewrite(message: Uint8Array, kind: string): Uint8Array {
  return encodeFields(
    decodeFields(message).map((field) => {
      const inner = INNER[kind][field.number];
      if (inner !== undefined) return bytesField(field.number, rewrite(field.value, inner));
      if (field.wireType === 2) return bytesField(field.number, field.value);
      return field.wireType === 0 ? varintField(field.number, varintOf(field)) : field;
    }),
  );
}

describe.skipIf(!hasChatModel)('the file of a real model', () => {
  it('comes out as it went in, to the byte', () => {
    const bytes = readFileSync(`${CHAT_MODEL}/model.onnx`);
    expect(bytes.equals(encodeFields(decodeFields(bytes)))).toBe(true);
    expect(bytes.equals(rewrite(bytes, 'model'))).toBe(true);
  });
});

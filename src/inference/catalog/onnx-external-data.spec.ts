import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  insideTensor,
  message,
  onnxModel,
  outsideTensor,
  varint,
  type Entry,
} from '../../../test/support/onnx-bytes.js';
import { CHAT_MODEL, hasChatModel } from '../../../test/support/real-model.js';
import { externalTensors } from './onnx-external-data.js';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'onnx-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function read(bytes: Buffer) {
  const path = join(folder, 'm.onnx');
  writeFileSync(path, bytes);
  return externalTensors(path);
}

const place = (tensor: string, rest: object = {}) => ({ tensor, location: 'data', offset: 0, length: 16, ...rest });

describe('externalTensors', () => {
  it('lists the tensors outside and steps over those inside', () => {
    const model = onnxModel([
      outsideTensor({ name: 'a', location: 'data' }),
      insideTensor('b', Buffer.alloc(300_000)),
      outsideTensor({ name: 'c', location: 'more/data', offset: 4096, length: 123 }),
    ]);
    expect(read(model)).toEqual([place('a'), place('c', { location: 'more/data', offset: 4096, length: 123 })]);
  });

  it('finds those in attributes and in the bodies of loops and branches', () => {
    const tensor = (name: string) => outsideTensor({ name, location: 'data' });
    const constant = message([4, 'Constant'], [5, message([1, 'value'], [5, tensor('constant')])]);
    const body = message([1, constant], [5, tensor('deep')]);
    const branch: Entry = [1, message([4, 'If'], [5, message([1, 'then_branch'], [6, body])])];
    const several: Entry = [1, message([4, 'X'], [5, message([10, tensor('one')], [10, tensor('two')], [11, body])])];
    const found = read(onnxModel([tensor('top')], [branch, several])).map(({ tensor: name }) => name);
    expect(found).toEqual(['top', 'constant', 'deep', 'one', 'two', 'constant', 'deep']);
  });

  it.each([
    [1, 3 * 5 * 4],
    [7, 3 * 5 * 8],
    [10, 3 * 5 * 2],
    [22, 8],
    [8, null],
  ])('knows the size of data type %i', (dataType, length) => {
    expect(read(onnxModel([outsideTensor({ name: 'w', location: 'data', dims: [3, 5], dataType })]))).toEqual([
      place('w', { length }),
    ]);
  });

  it('reads dimensions that are packed', () => {
    const packed = Buffer.concat([varint(300), varint(2)]);
    const tensor = message([1, packed], [2, 1], [8, 'w'], [13, message([1, 'location'], [2, 'data'])], [14, 1]);
    expect(read(onnxModel([tensor]))).toEqual([place('w', { length: 2400 })]);
  });

  it('sees huge claims as they are', () => {
    const tensor = outsideTensor({ name: 'w', location: 'data', offset: '9007199254740993', length: 2 ** 40 });
    expect(read(onnxModel([tensor]))[0]).toMatchObject({ offset: 2 ** 53, length: 2 ** 40 });
    expect(() => read(message([7, message([9, 'x'])]).subarray(0, -1))).toThrow(/cut off/);
    expect(() => read(Buffer.concat([varint(7 * 8 + 2), varint(2 ** 45)]))).toThrow(/cut off/);
  });

  it('refuses what is no ONNX file', () => {
    expect(() => read(Buffer.from('<html>'))).toThrow(/damaged|cut off/);
    expect(() => read(Buffer.alloc(20))).toThrow(/damaged/);
    expect(() => read(Buffer.alloc(20, 0xff))).toThrow(/damaged/);
    expect(() => read(message([1, 8]))).toThrow(/no ONNX graph/);
  });

  it('does not follow bodies without an end', () => {
    let body = message([2, 'innermost']);
    for (let i = 0; i < 60; i += 1) body = message([1, message([5, message([6, body])])]);
    expect(() => read(message([7, body]))).toThrow(/nested/);
  });

  it.skipIf(!hasChatModel)('reads the real model', () => {
    const found = externalTensors(`${CHAT_MODEL}/model.onnx`);
    expect(found.length).toBeGreaterThan(100);
    expect(new Set(found.map(({ location }) => location))).toEqual(new Set(['model.onnx.data']));
    expect(Math.max(...found.map(({ offset, length }) => offset + length!))).toBeLessThanOrEqual(113_365_376);
  });
});

import { describe, expect, it } from 'vitest';
import { jsonExcess } from './json-depth.js';

const limits = { maxDepth: 4, maxNodes: 20 };

describe('jsonExcess', () => {
  it.each([null, 1, 'x', true, {}, [], { a: { b: { c: {} } } }, [[[[1, 2]]]]])('lets %j pass', (value) => {
    expect(jsonExcess(value, limits)).toBeNull();
  });

  it('names the top-level key below which the value is too deep', () => {
    expect(jsonExcess({ ok: 1, bad: { b: { c: { d: {} } } } }, limits)).toEqual({ kind: 'depth', below: 'bad' });
    expect(jsonExcess([1, [[[[]]]]], limits)).toEqual({ kind: 'depth', below: '1' });
  });

  it('counts values over all levels', () => {
    expect(jsonExcess({ a: Array.from({ length: 18 }, () => 0) }, limits)).toBeNull();
    expect(jsonExcess({ a: Array.from({ length: 19 }, () => 0) }, limits)).toEqual({ kind: 'nodes', below: 'a' });
    expect(
      jsonExcess(
        Array.from({ length: 20 }, () => 0),
        limits,
      ),
    ).toEqual({ kind: 'nodes', below: null });
  });

  it('finds a key that would be a prototype, at any level', () => {
    expect(jsonExcess(JSON.parse('{"__proto__": 1}'), limits)).toEqual({ kind: 'prototype', below: null });
    expect(jsonExcess(JSON.parse('{"a": [{"__proto__": {}}]}'), limits)).toEqual({ kind: 'prototype', below: 'a' });
    expect(jsonExcess(JSON.parse('{"constructor": {"prototype": 1}}'), limits)).toBeNull();
  });

  it('stands a million levels', () => {
    const deep: unknown = JSON.parse('['.repeat(1_000_000) + ']'.repeat(1_000_000));
    expect(jsonExcess(deep, { maxDepth: 64, maxNodes: 50_000 })).toEqual({ kind: 'depth', below: '0' });
  });
});

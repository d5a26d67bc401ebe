import { describe, expect, it } from 'vitest';
import { LogitsBuffer } from './onnx-decoder-logits.js';

/** float16 bits to a number by way of float32's bits: another road than the one under test. */
function viaFloat32(bits: number): number {
  const sign = (bits & 0x8000) << 16;
  let exponent = (bits >> 10) & 0x1f;
  let fraction = bits & 0x3ff;
  if (exponent === 0 && fraction !== 0) {
    for (exponent = 1; (fraction & 0x400) === 0; exponent -= 1) fraction <<= 1;
    fraction &= 0x3ff;
  } else if (exponent === 0) exponent = -112;
  else if (exponent === 0x1f) exponent = 0xff - 112;
  const view = new DataView(new ArrayBuffer(4));
  view.setInt32(0, sign | ((exponent + 112) << 23) | (fraction << 13));
  return view.getFloat32(0);
}

describe('logits', () => {
  it('of float16 come back as the float32 they are, every one of the 65,536', () => {
    const logits = new LogitsBuffer('float16', 1 << 16);
    const raw = logits.memory(1) as Uint16Array;
    for (let bits = 0; bits < raw.length; bits += 1) raw[bits] = bits;
    const values = logits.rows(0, 1);
    expect([0x3c00, 0xc000, 0x7bff, 0x0001, 0xfc00].map((bits) => values[bits])).toEqual([
      1,
      -2,
      65504,
      2 ** -24,
      -Infinity,
    ]);
    let different = 0;
    for (let bits = 0; bits < raw.length; bits += 1) if (!Object.is(values[bits], viaFloat32(bits))) different += 1;
    expect(different).toBe(0);
  });

  it('are views of rows of one buffer, which grows and never shrinks', () => {
    const logits = new LogitsBuffer('float32', 3);
    (logits.memory(2) as Float32Array).set([1, 2, 3, 4, 5, 6]);
    expect([...logits.rows(1, 1)]).toEqual([4, 5, 6]);
    expect([...logits.rows(0, 2)]).toEqual([1, 2, 3, 4, 5, 6]);
    const { buffer } = logits.memory(4) as Float32Array;
    expect((logits.memory(1) as Float32Array).buffer).toBe(buffer);
    expect(logits.memory(1)).toHaveLength(3);
  });
});

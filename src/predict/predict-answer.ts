/**
 * What a run gave → one item of the answer. Keys are `<output name>_<output index>`, the index being the output's place in
 * the model, whichever outputs were asked for.
 */
import type { NamedValue, ValueSignature } from '../inference/prediction-model.js';
import type { JsonStyle } from './elements.js';
import type { Encoder } from './item-content.js';
import type { Pace } from './pace.js';
import { JsonText, writeValue } from './value-json.js';

export interface AnswerStyle extends JsonStyle {
  encoder: Encoder;
}

/** Adds what is derived from an output, as a key and JSON text; null: nothing. */
export type Derive = (output: NamedValue) => { suffix: string; json: string } | null;

/** Bytes encoded between two looks at the clock. */
const STRIDE = 1 << 18;

/** @returns `{"content_type":…,"encoder":…,"data":…}` as text, in pieces */
export async function answerItem(
  outputs: readonly NamedValue[],
  declared: readonly ValueSignature[],
  style: AnswerStyle,
  derive: Derive,
  pace: Pace,
): Promise<string[]> {
  const data = await outputsJson(outputs, declared, style, derive, pace);
  const head = `{"content_type":"application/json","encoder":"${style.encoder}","data":`;
  if (style.encoder === 'json') return [head, ...data, '}'];
  return [`${head}"`, ...(await base64Of(data, pace)), '"}'];
}

async function outputsJson(
  outputs: readonly NamedValue[],
  declared: readonly ValueSignature[],
  style: JsonStyle,
  derive: Derive,
  pace: Pace,
): Promise<string[]> {
  const text = new JsonText(style, pace);
  const places = new Map(declared.map(({ name }, index) => [name, index]));
  text.add('{');
  for (const [index, output] of outputs.entries()) {
    const key = `${output.name}_${places.get(output.name) ?? index}`;
    text.add(`${index > 0 ? ',' : ''}${JSON.stringify(key)}:`);
    await writeValue(output.value, text);
    const derived = derive(output);
    if (derived !== null) text.add(`,${JSON.stringify(key + derived.suffix)}:${derived.json}`);
  }
  text.add('}');
  return text.pieces;
}

/** Three bytes are four characters: what is left over of a piece goes before the next. */
async function base64Of(texts: readonly string[], pace: Pace): Promise<string[]> {
  const encoded: string[] = [];
  let waiting: Buffer[] = [];
  let length = 0;
  for (const [index, text] of texts.entries()) {
    const bytes = Buffer.from(text);
    waiting.push(bytes);
    length += bytes.length;
    const isLast = index === texts.length - 1;
    if (length < STRIDE && !isLast) continue;
    const joined = Buffer.concat(waiting);
    const end = isLast ? joined.length : joined.length - (joined.length % 3);
    encoded.push(joined.toString('base64', 0, end));
    waiting = [joined.subarray(end)];
    length = joined.length - end;
    if (pace.isDue) await pace.rest();
  }
  return encoded;
}

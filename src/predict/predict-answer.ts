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

/** Characters encoded between two looks at the clock; a multiple of three, so that the pieces join without padding. */
const STRIDE = 3 * (1 << 18);

/** @returns `{"content_type":…,"encoder":…,"data":…}` as text */
export async function answerItem(
  outputs: readonly NamedValue[],
  declared: readonly ValueSignature[],
  style: AnswerStyle,
  derive: Derive,
  pace: Pace,
): Promise<string> {
  const data = await outputsJson(outputs, declared, style, derive, pace);
  const written = style.encoder === 'json' ? data : `"${await base64Of(data, pace)}"`;
  return `{"content_type":"application/json","encoder":"${style.encoder}","data":${written}}`;
}

async function outputsJson(
  outputs: readonly NamedValue[],
  declared: readonly ValueSignature[],
  style: JsonStyle,
  derive: Derive,
  pace: Pace,
): Promise<string> {
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
  return text.toString();
}

async function base64Of(text: string, pace: Pace): Promise<string> {
  const bytes = Buffer.from(text);
  const pieces: string[] = [];
  for (let from = 0; from < bytes.length; from += STRIDE) {
    pieces.push(bytes.toString('base64', from, Math.min(from + STRIDE, bytes.length)));
    if (pace.isDue) await pace.rest();
  }
  return pieces.join('');
}

/**
 * Whether this service can feed a decoder's inputs and read its logits: names, element types and axes.
 *
 * The cache inputs are `kv-cache-layout.ts`'s business. What cannot be fed is refused at load, in words that name the
 * input, because a guess would only show as wrong text.
 */
import { AppError } from '../../common/errors/app-error.js';
import { describeValue, type ValueInfo } from '../ort/value-info.js';
import type { DecoderModel } from '../protocol.js';
import { layerOf, type SessionValues } from './kv-cache-layout.js';
import type { OnnxDecoderPlan } from './onnx-decoder.js';

type DecoderValues = Pick<OnnxDecoderPlan, 'names' | 'logitsElementType' | 'vocabSize'>;

/** What graphs ask for that this scheme does not give; told instead of the general sentence. */
const REASONS: [pattern: RegExp, reason: string][] = [
  [/conv|recurrent|ssm|rnn|state/i, 'a recurrent state, which cannot be rewound or shared as cache rows can'],
  [/use_cache_branch/, 'the switch of a merged export; export with onnxruntime-genai instead'],
  [/inputs_embeds/, 'embeddings instead of token ids: a part of a multimodal model'],
  [/block_table|cumulative_sequence_lengths/, 'the table of a paged cache, which has no kernel on the CPU'],
  [/cache_indirection|past_sequence_length/, 'the bookkeeping of a cache whose rows all have one length'],
];

/** @throws {AppError} `model_failed` */
export function readDecoderValues(model: DecoderModel, session: SessionValues): DecoderValues {
  const { inputIds, attentionMask, positionIds, pastKey, pastValue } = model.inputs;
  const find = (name: string) => session.inputs.find((input) => input.name === name);
  for (const name of [inputIds, attentionMask]) {
    const input = find(name);
    if (input === undefined) {
      throw refusal(model, `it has no input "${name}"; its inputs are ${session.inputs.map((i) => i.name).join(', ')}`);
    }
    requireRows(model, input);
  }
  const positions = find(positionIds);
  if (positions !== undefined) requireRows(model, positions);
  for (const { name, ...input } of session.inputs) {
    if ([inputIds, attentionMask, positionIds].includes(name)) continue;
    if (layerOf(pastKey, name) !== null || layerOf(pastValue, name) !== null) continue;
    const reason = REASONS.find(([pattern]) => pattern.test(name))?.[1] ?? 'which nothing here can fill';
    throw refusal(model, `it wants an input "${name}", ${describeValue({ name, ...input })}: ${reason}`);
  }
  return {
    names: {
      inputIds,
      attentionMask,
      positionIds: positions === undefined ? null : positionIds,
      logits: model.outputs.logits,
    },
    ...readLogits(model, session),
  };
}

function readLogits(model: DecoderModel, session: SessionValues): Omit<DecoderValues, 'names'> {
  const { logits: name } = model.outputs;
  const logits = session.outputs.find((output) => output.name === name);
  if (logits === undefined) {
    const some = session.outputs.map((output) => output.name).join(', ');
    throw refusal(model, `it has no output "${name}"; its outputs are ${some}`);
  }
  const { elementType, shape } = logits;
  if ((elementType !== 'float32' && elementType !== 'float16') || shape.length !== 3) {
    throw refusal(
      model,
      `its output "${name}" is ${describeValue(logits)}; float32 or float16 [batch, tokens, vocabulary] is needed`,
    );
  }
  const vocabulary = shape[2];
  if (typeof vocabulary === 'number' && vocabulary !== model.vocabSize) {
    throw refusal(
      model,
      `its output "${name}" has ${vocabulary} logits, but vocab_size is ${model.vocabSize}: set it to ${vocabulary}`,
    );
  }
  return { logitsElementType: elementType, vocabSize: model.vocabSize };
}

/** int64 with a free batch and a free second axis. */
function requireRows(model: DecoderModel, input: ValueInfo): void {
  const { elementType, shape } = input;
  if (elementType === 'int64' && shape.length === 2 && shape.every((dimension) => typeof dimension === 'string'))
    return;
  const axes = shape.length === 3 ? '; positions with three axes belong to a multimodal model' : '';
  throw refusal(
    model,
    `its input "${input.name}" is ${describeValue(input)}; int64 with two free axes is needed${axes}`,
  );
}

function refusal(model: DecoderModel, reason: string): AppError {
  return new AppError('model_failed', `${model.modelFile} cannot be served: ${reason}.`);
}

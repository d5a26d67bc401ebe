/**
 * A checked request body → what the engine room is asked for.
 *
 * Defaults. OpenAI's temperature is 1, but a model's publisher knows better what his model can bear: where a field is
 * absent, the model's own files decide (`search` of genai_config.json, generation_config.json), as its native runtime
 * would. `do_sample: false` there means greedy; it yields as soon as the caller names any field that only sampling can
 * honour, since a `top_p` without effect would be a field silently ignored.
 */
import { validationError, type Fault } from '../../common/http/validation-faults.js';
import type { SearchDefaults } from '../../inference/catalog/manifest.js';
import type { TextRequest } from '../../inference/generation.js';
import type { ChatCompletionRequest } from './chat-request.js';

type Body = ChatCompletionRequest;
type Sampling = TextRequest['sampling'];

/** Below this, logits divided by the temperature overflow before a second token gets any weight. */
const GREEDY_BELOW = 1e-5;

export function textRequest(
  body: Body,
  promptIds: Int32Array,
  search: SearchDefaults,
  cacheScope: string,
): TextRequest {
  return {
    promptIds,
    sampling: sampling(body, search),
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? null,
    minTokens: body.min_tokens ?? 0,
    ignoreEos: body.ignore_eos ?? false,
    stop: stopStrings(body),
    stopTokenIds: body.stop_token_ids ?? [],
    includeStop: body.include_stop_str_in_output ?? false,
    cacheScope,
  };
}

function sampling(body: Body, search: SearchDefaults): Sampling {
  return {
    temperature: temperature(body, search),
    topP: body.top_p ?? search.topP,
    topK: topK(body) ?? search.topK,
    minP: body.min_p ?? 0,
    presencePenalty: body.presence_penalty ?? 0,
    frequencyPenalty: body.frequency_penalty ?? 0,
    repetitionPenalty: body.repetition_penalty ?? search.repetitionPenalty,
    logitBias: Object.entries(body.logit_bias ?? {}).map(([id, bias]) => [Number(id), bias]),
    seed: seed(body),
  };
}

function temperature(body: Body, search: SearchDefaults): number {
  const given = body.temperature;
  if (given !== null && given !== undefined) return given < GREEDY_BELOW ? 0 : given;
  const named = [body.top_p, topK(body), body.min_p].some((value) => value !== null && value !== undefined);
  return search.doSample || named ? search.temperature : 0;
}

/** A field of its own wins over upstream's metadata entry; -1 is another word for "all". */
function topK(body: Body): number | null {
  if (body.top_k !== null && body.top_k !== undefined) return Math.max(body.top_k, 0);
  const entry = body.metadata?.top_k;
  return entry === undefined ? null : Number(entry);
}

/** As an unsigned 64-bit number; negative ones wrap. */
function seed(body: Body): bigint | null {
  const value = body.seed ?? body.metadata?.random_seed ?? null;
  return value === null ? null : BigInt.asUintN(64, BigInt(value));
}

function stopStrings(body: Body): string[] {
  if (body.stop === null || body.stop === undefined) return [];
  return typeof body.stop === 'string' ? [body.stop] : body.stop;
}

/** @throws AppError `invalid_value` for token ids that the model does not have, all of them in one */
export function refuseUnknownTokens(body: Body, vocabSize: number): void {
  const faults: Fault[] = [];
  const check = (id: number, param: string) => {
    if (id < vocabSize) return;
    faults.push({
      code: 'invalid_value',
      param,
      message: `${param}: expected a token id below ${vocabSize}; got ${id}.`,
    });
  };
  for (const id of Object.keys(body.logit_bias ?? {})) check(Number(id), `logit_bias.${id}`);
  for (const [index, id] of (body.stop_token_ids ?? []).entries()) check(id, `stop_token_ids.${index}`);
  if (faults.length > 0) throw validationError(faults);
}

/** Who may share cached prompt rows with whom: one caller, under one salt and one key. */
export function cacheScope(caller: string, body: Body): string {
  return JSON.stringify([caller, body.cache_salt ?? null, body.prompt_cache_key ?? null]);
}

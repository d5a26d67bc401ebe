/**
 * Fields of the chat protocol and of its common extensions that would change the answer and cannot be honoured yet.
 * Dropping one would fake an answer, so each is refused by name; values that ask for nothing are accepted.
 */
import { z } from 'zod';
import { refused } from './field-support.js';

const anything = z.unknown();

export const refusedFields = {
  n: refused(z.int().min(1).max(128), [1], 'How many answers to give.'),
  best_of: refused(z.int().min(1), [1], 'Candidates to choose the answer from.'),
  use_beam_search: refused(z.boolean(), [false], 'Beam search instead of sampling.'),
  logprobs: refused(z.boolean(), [false], 'Log probabilities of the tokens.'),
  top_logprobs: refused(z.int().min(0).max(20), [0], 'Log probabilities of the likeliest tokens.'),
  prompt_logprobs: refused(z.int().min(0), [0], 'Log probabilities of the prompt.'),
  tools: refused(z.array(anything), [], 'Tools the model may call.'),
  tool_choice: refused(z.union([z.string(), z.looseObject({})]), ['none'], 'Which tool to call.'),
  functions: refused(z.array(anything), [], 'Functions the model may call (deprecated).'),
  function_call: refused(z.union([z.string(), z.looseObject({})]), ['none'], 'Which function to call (deprecated).'),
  response_format: refused(z.looseObject({ type: z.string() }), [{ type: 'text' }], 'The form of the answer.'),
  guided_json: refused(anything, [], 'A JSON schema for the answer.'),
  guided_regex: refused(anything, [], 'A pattern for the answer.'),
  guided_choice: refused(anything, [], 'A list to answer from.'),
  guided_grammar: refused(anything, [], 'A grammar for the answer.'),
  structured_outputs: refused(anything, [], 'Constraints on the answer.'),
  grammar: refused(anything, [''], 'A grammar for the answer.'),
  json_schema: refused(anything, [], 'A JSON schema for the answer.'),
  regex: refused(anything, [], 'A pattern for the answer.'),
  choice: refused(anything, [], 'A list to answer from.'),
  bad_words: refused(z.array(anything), [[]], 'Words the answer must not hold.'),
  reasoning_effort: refused(z.string(), ['none'], 'How long to think before answering.'),
  reasoning: refused(anything, [], 'How to think before answering.'),
  thinking: refused(anything, [], 'Whether to think before answering.'),
  include_reasoning: refused(z.boolean(), [false], 'Show the thinking.'),
  modalities: refused(z.array(z.string()), [['text']], 'The forms of the answer.'),
  audio: refused(z.looseObject({}), [], 'A spoken answer.'),
  prediction: refused(z.looseObject({}), [], 'Text the answer is expected to repeat.'),
  web_search_options: refused(z.looseObject({}), [], 'Search on the web: this service calls nobody.'),
  store: refused(z.boolean(), [false], 'Keep the answer for later: nothing is kept here.'),
  service_tier: refused(z.string(), ['auto', 'default'], 'The processing tier.'),
  echo: refused(z.boolean(), [false], 'Repeat the prompt in the answer.'),
  return_token_ids: refused(z.boolean(), [false], 'Token ids beside the text.'),
  truncate_prompt_tokens: refused(z.int(), [], 'Cut the prompt to this many tokens.'),
  chat_template: refused(z.string(), [], 'Another chat template than the model’s.'),
  chat_template_kwargs: refused(z.looseObject({}), [{}], 'Further variables of the chat template.'),
  add_generation_prompt: refused(z.boolean(), [true], 'Open the answer’s turn.'),
  continue_final_message: refused(z.boolean(), [false], 'Continue the last message instead of answering it.'),
  typical_p: refused(z.number(), [1], 'Locally typical sampling.'),
  mirostat: refused(z.number(), [0], 'Mirostat sampling.'),
  xtc_probability: refused(z.number(), [0], 'XTC sampling.'),
  dry_multiplier: refused(z.number(), [0], 'DRY repetition penalty.'),
  dynatemp_range: refused(z.number(), [0], 'Dynamic temperature.'),
} as const;

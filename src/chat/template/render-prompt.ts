/**
 * Messages → prompt text and its ids, such that only the template can write special tokens (OWASP LLM01): a literal
 * like `<|im_end|>` inside a message is encoded as the plain text it is.
 *
 * Literals in the messages are hidden from the template, so that it cannot tell; the rendered text is encoded in
 * pieces with a border inside every such literal, where no special token can match. At the end special ids are counted:
 * a tokenizer that makes one out of other characters (by Unicode normalisation) is found out.
 */
import { AppError } from '../../common/errors/app-error.js';
import type { Tokenizer } from '../../inference/tokenizer/tokenizer.js';
import type { ChatTemplate, RenderOptions } from './chat-template.js';
import { encodePieces } from './encode-pieces.js';
import { HiddenLiterals, type RenderedPart } from './hidden-literals.js';
import { SpecialLiterals } from './special-literals.js';
import type { TemplateMessage } from './template-message.js';

export interface Prompt {
  text: string;
  ids: Int32Array;
}

const literalsOf = new WeakMap<Tokenizer, SpecialLiterals>();

/** @throws AppError `invalid_value` on `messages`: the template refuses them, or they cannot be written as plain text */
export async function renderPrompt(
  template: ChatTemplate,
  tokenizer: Tokenizer,
  messages: readonly TemplateMessage[],
  options: RenderOptions = {},
): Promise<Prompt> {
  const literals = specialLiterals(tokenizer);
  const hidden = new HiddenLiterals({ messages, variables: options.variables ?? {} }, literals);
  const parts = hidden.split(template.render(hidden.value.messages, { ...options, variables: hidden.value.variables }));
  const ids = await encodePieces(tokenizer, piecesOf(parts, literals));
  await refuseSmuggled(template, tokenizer, ids, parts);
  return { text: parts.map((part) => part.text).join(''), ids };
}

function specialLiterals(tokenizer: Tokenizer): SpecialLiterals {
  let literals = literalsOf.get(tokenizer);
  if (literals === undefined) {
    literals = new SpecialLiterals(tokenizer.specialTokens);
    literalsOf.set(tokenizer, literals);
  }
  return literals;
}

/** Borders lie inside literals only; whatever stands around them may still merge with their ends. */
function piecesOf(parts: readonly RenderedPart[], literals: SpecialLiterals): string[] {
  const pieces = [''];
  for (const part of parts) {
    const [first, ...others] = part.literal ? literals.cut(part.text) : [part.text];
    pieces[pieces.length - 1] += first;
    pieces.push(...others);
  }
  return pieces;
}

/** @throws AppError when the ids hold more special tokens than the template wrote */
async function refuseSmuggled(
  template: ChatTemplate,
  tokenizer: Tokenizer,
  ids: Int32Array,
  parts: readonly RenderedPart[],
): Promise<void> {
  const literals = specialLiterals(tokenizer);
  const written = parts.reduce((sum, part) => sum + (part.literal ? 0 : literals.count(part.text)), 0);
  const specials = ids.filter((id) => tokenizer.isSpecial(id));
  if (specials.length <= written) return;
  // The unknown token stands for characters outside the vocabulary: it may come any number of times.
  const unknown = await tokenizer.encode(template.specialTokens['unk_token'] ?? '');
  if (specials.filter((id) => id !== unknown[0]).length <= written) return;
  throw new AppError(
    'invalid_value',
    "The messages hold characters that this model's tokenizer can only read as control tokens; leave them out.",
    { param: 'messages' },
  );
}

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
import { promptLiterals } from './prompt-literals.js';
import type { SpecialLiterals } from './special-literals.js';
import type { TemplateMessage } from './template-message.js';

export interface Prompt {
  text: string;
  ids: Int32Array;
}

/** @throws AppError `invalid_value` on `messages`: the template refuses them, or they cannot be written as plain text */
export async function renderPrompt(
  template: ChatTemplate,
  tokenizer: Tokenizer,
  messages: readonly TemplateMessage[],
  options: RenderOptions = {},
): Promise<Prompt> {
  const literals = promptLiterals(template, tokenizer);
  const hidden = new HiddenLiterals();
  const shown = messages.map((message) =>
    hidden.hide(message, message.role === 'assistant' ? literals.inAnswers : literals.everywhere),
  );
  const variables = hidden.hide(options.variables ?? {}, literals.everywhere);
  const parts = hidden.split(template.render(shown, { ...options, variables }));
  const ids = await encodePieces(tokenizer, piecesOf(parts, literals.everywhere));
  await refuseSmuggled(template, tokenizer, ids, written(parts, literals.special));
  return { text: parts.map((part) => part.text).join(''), ids };
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

/** How many special tokens the template itself wrote. */
function written(parts: readonly RenderedPart[], special: SpecialLiterals): number {
  return parts.reduce((sum, part) => sum + (part.literal ? 0 : special.count(part.text)), 0);
}

/** @throws AppError when the ids hold more special tokens than the template wrote */
async function refuseSmuggled(
  template: ChatTemplate,
  tokenizer: Tokenizer,
  ids: Int32Array,
  expected: number,
): Promise<void> {
  const specials = ids.filter((id) => tokenizer.isSpecial(id));
  if (specials.length <= expected) return;
  // The unknown token stands for characters outside the vocabulary: it may come any number of times.
  const unknown = await tokenizer.encode(template.specialTokens['unk_token'] ?? '');
  if (specials.filter((id) => id !== unknown[0]).length <= expected) return;
  throw new AppError(
    'invalid_value',
    "The messages hold characters that this model's tokenizer can only read as control tokens; leave them out.",
    { param: 'messages' },
  );
}

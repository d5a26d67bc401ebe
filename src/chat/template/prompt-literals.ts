/**
 * Which literals only a template may write, for one template and tokenizer.
 *
 * Special tokens, and tokens that count as text but mark turns all the same (DeepSeek's `<｜User｜>`): of those the ones
 * that the template's source names. In an answer of the assistant the marks that the template itself looks for stay
 * visible to it, so that it can cut an earlier `</think>` away.
 */
import type { Tokenizer } from '../../inference/tokenizer/tokenizer.js';
import type { ChatTemplate } from './chat-template.js';
import { SpecialLiterals } from './special-literals.js';

export interface PromptLiterals {
  special: SpecialLiterals;
  everywhere: SpecialLiterals;
  inAnswers: SpecialLiterals;
}

/** A word in brackets; runs of spaces or line breaks may be added tokens too, and are no marks. */
const MARK = /^[<[].*\S.*[>\]]$/s;

const known = new WeakMap<Tokenizer, WeakMap<ChatTemplate, PromptLiterals>>();

export function promptLiterals(template: ChatTemplate, tokenizer: Tokenizer): PromptLiterals {
  const ofTokenizer = known.get(tokenizer) ?? new WeakMap<ChatTemplate, PromptLiterals>();
  known.set(tokenizer, ofTokenizer);
  const literals = ofTokenizer.get(template) ?? findLiterals(template.source, tokenizer);
  ofTokenizer.set(template, literals);
  return literals;
}

function findLiterals(source: string, tokenizer: Tokenizer): PromptLiterals {
  const special = tokenizer.specialTokens;
  const marks = (tokenizer.addedTokens ?? []).filter((literal) => MARK.test(literal) && source.includes(literal));
  const inAnswers = marks.filter((literal) => !looksFor(source, literal));
  return {
    special: new SpecialLiterals(special),
    everywhere: new SpecialLiterals(longestFirst([...special, ...marks])),
    inAnswers: new SpecialLiterals(longestFirst([...special, ...inAnswers])),
  };
}

/** `'</think>' in content`, `content.split('</think>')`. */
function looksFor(source: string, literal: string): boolean {
  return [`'${literal}'`, `"${literal}"`].some((quoted) =>
    source.split(quoted).some((before, index, pieces) => {
      const after = pieces[index + 1];
      return after !== undefined && (/^\s+(?:not\s+)?in\s/.test(after) || /\.\s*split\(\s*$/.test(before));
    }),
  );
}

function longestFirst(literals: string[]): string[] {
  return literals.sort((a, b) => b.length - a.length);
}

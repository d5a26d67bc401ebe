/**
 * The `decoder` section of a tokenizer.json → what bytes each token stands for. Rules as in the `tokenizers` library
 * (`src/decoders`, `src/pre_tokenizers/{byte_level,metaspace}.rs`), for the kinds whose text can be streamed.
 *
 * It does not know ids or special tokens.
 */
import { byteLevelBytes } from './byte-alphabet.js';
import type { BrokenBytes } from './tokenizer.js';

export interface DecoderRules {
  /** @param first whether the token begins a text */
  bytes(token: string, first: boolean): Uint8Array;
  brokenBytes: BrokenBytes;
}

/** A section that these rules do not cover; the message names what is in the way. */
export class UnsupportedDecoder extends Error {}

/** One component of the section, as the file has it. */
export type DecoderSection = { type: string } & Record<string, unknown>;

/** What happens to one token's text. Bytes end the chain: they are no text any more. */
type Step = (text: string, first: boolean) => string | Uint8Array;

const utf8 = new TextEncoder();
const BYTE_TOKEN = /^<0x([0-9A-Fa-f]{2})>$/;

/** @throws UnsupportedDecoder */
export function decoderRules(section: DecoderSection | null): DecoderRules {
  const parts = section === null ? [] : flatten(section);
  const fuse = parts.findIndex((part) => part.type === 'Fuse');
  const perToken = fuse === -1 ? parts : parts.slice(0, fuse);
  const steps = section === null ? [wordByWord] : stepsOf(perToken);
  const leading = leadingStrip(fuse === -1 ? [] : parts.slice(fuse).filter((part) => part.type !== 'Fuse'));
  return {
    bytes(token, first) {
      const bytes = run(steps, token, first);
      return first && bytes[0] === leading ? bytes.subarray(1) : bytes;
    },
    brokenBytes: parts.some(isByteStep) ? 'each' : 'part',
  };
}

function flatten(section: DecoderSection): DecoderSection[] {
  if (section.type !== 'Sequence') return [section];
  return (section['decoders'] as DecoderSection[]).flatMap(flatten);
}

function run(steps: Step[], token: string, first: boolean): Uint8Array {
  let text: string | Uint8Array = token;
  for (const step of steps) {
    if (typeof text !== 'string') break;
    text = step(text, first);
  }
  return typeof text === 'string' ? utf8.encode(text) : text;
}

/**
 * Bytes leave the chain, so byte tokens are taken out first; where the file has that step later, what comes before it
 * (a word mark replaced) does not touch the text of a byte token.
 */
function stepsOf(parts: DecoderSection[]): Step[] {
  return [...parts].sort((a, b) => Number(isByteStep(b)) - Number(isByteStep(a))).map(stepOf);
}

function isByteStep(part: DecoderSection): boolean {
  return part.type === 'ByteFallback';
}

/**
 * After `Fuse` the text is one piece: only one character at its beginning can be stripped while the rest is to come.
 * @returns the byte of that character, or null
 */
function leadingStrip(parts: DecoderSection[]): number | null {
  if (parts.length === 0) return null;
  const [part] = parts as [DecoderSection];
  const content = utf8.encode(String(part['content']));
  if (parts.length > 1 || part.type !== 'Strip' || part['start'] !== 1 || part['stop'] !== 0 || content.length !== 1) {
    throw new UnsupportedDecoder(`cannot be streamed: its decoder has a step "${part.type}" that needs the whole text`);
  }
  return content[0];
}

function stepOf(part: DecoderSection): Step {
  switch (part.type) {
    case 'ByteLevel':
      return (text) => byteLevelBytes(text) ?? text;
    case 'ByteFallback':
      return (text) => {
        const hex = BYTE_TOKEN.exec(text)?.[1];
        return hex === undefined ? text : Uint8Array.of(Number.parseInt(hex, 16));
      };
    case 'Replace':
      return replaceStep(part);
    case 'Metaspace':
      return metaspaceStep(part);
    case 'Strip':
      return stripStep(part);
    case 'WordPiece':
      return wordPieceStep(part);
    default:
      throw new UnsupportedDecoder(`cannot be streamed: its decoder is of the kind "${part.type}"`);
  }
}

/** Without a decoder the library joins tokens with spaces. */
const wordByWord: Step = (text, first) => (first ? text : ` ${text}`);

function replaceStep(part: DecoderSection): Step {
  const pattern = (part['pattern'] as { String?: string } | undefined)?.String;
  if (pattern === undefined)
    throw new UnsupportedDecoder('cannot be streamed: its decoder replaces by a regular expression');
  const content = part['content'] as string;
  return (text) => text.replaceAll(pattern, () => content);
}

/** Every word mark becomes a space; in the first token it becomes nothing, unless the mark was never prepended. */
function metaspaceStep(part: DecoderSection): Step {
  const mark = part['replacement'] as string;
  const prepended =
    part['prepend_scheme'] === undefined ? part['add_prefix_space'] !== false : part['prepend_scheme'] !== 'never';
  return (text, first) => text.replaceAll(mark, first && prepended ? '' : ' ');
}

function stripStep(part: DecoderSection): Step {
  const { content, start, stop } = part as unknown as { content: string; start: number; stop: number };
  return (text) => {
    const characters = Array.from(text);
    let from = 0;
    while (from < start && characters[from] === content) from += 1;
    let to = characters.length;
    while (characters.length - to < stop && to > from && characters[to - 1] === content) to -= 1;
    return characters.slice(from, to).join('');
  };
}

/** BERT's word pieces: a continuation loses its mark, any other token gets a space before it. */
function wordPieceStep(part: DecoderSection): Step {
  const prefix = part['prefix'] as string;
  const cleanup = part['cleanup'] !== false;
  return (text, first) => {
    const spaced = first ? text : text.startsWith(prefix) ? text.slice(prefix.length) : ` ${text}`;
    return cleanup ? tidy(spaced) : spaced;
  };
}

/** The library's own list, token by token. */
function tidy(text: string): string {
  return text
    .replaceAll(' .', '.')
    .replaceAll(' ?', '?')
    .replaceAll(' !', '!')
    .replaceAll(' ,', ',')
    .replaceAll(" ' ", "'")
    .replaceAll(" n't", "n't")
    .replaceAll(" 'm", "'m")
    .replaceAll(' do not', " don't")
    .replaceAll(" 's", "'s")
    .replaceAll(" 've", "'ve")
    .replaceAll(" 're", "'re");
}

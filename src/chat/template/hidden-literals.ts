/**
 * Hides special literals inside the strings of a request from the template: each becomes a placeholder that filters
 * like `trim`, `upper` or `tojson` leave alone, and is found again in what the template rendered.
 */
import { randomInt } from 'node:crypto';
import type { SpecialLiterals } from './special-literals.js';

/** A piece of rendered text; `literal`: it came from the request and only looks like a special token. */
export interface RenderedPart {
  text: string;
  literal: boolean;
}

/** Twelve digits nobody can guess, then the literal's number. */
const NONCE_DIGITS = 12;
const NUMBER_DIGITS = 4;

export class HiddenLiterals {
  private readonly nonce = String(randomInt(10 ** (NONCE_DIGITS - 1), 10 ** NONCE_DIGITS));
  private readonly hidden: string[] = [];

  /** @returns the value with placeholders in all its strings; the very same where it holds no literal */
  hide<T>(value: T, literals: SpecialLiterals): T {
    if (!someString(value, (text) => literals.isIn(text))) return value;
    return mapStrings(value, (text) => literals.replace(text, (literal) => this.placeholder(literal))) as T;
  }

  split(rendered: string): RenderedPart[] {
    if (this.hidden.length === 0) return [{ text: rendered, literal: false }];
    const placeholder = new RegExp(`${this.nonce}(\\d{${NUMBER_DIGITS}})`);
    return rendered.split(placeholder).map((piece, index) => {
      // Of a split by a pattern with one group, every second piece is what the group matched.
      return index % 2 === 1 ? { text: this.hidden[Number(piece)], literal: true } : { text: piece, literal: false };
    });
  }

  private placeholder(literal: string): string {
    let number = this.hidden.indexOf(literal);
    if (number === -1) number = this.hidden.push(literal) - 1;
    return this.nonce + String(number).padStart(NUMBER_DIGITS, '0');
  }
}

function someString(value: unknown, test: (text: string) => boolean): boolean {
  if (typeof value === 'string') return test(value);
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some((item) => someString(item, test));
  return Object.entries(value).some(([key, item]) => test(key) || someString(item, test));
}

function mapStrings(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, map));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [map(key), mapStrings(item, map)]));
}

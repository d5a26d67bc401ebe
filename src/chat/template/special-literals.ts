/**
 * The literals that a tokenizer reads as special tokens, looked for in text the way the tokenizer does: leftmost, and
 * of those that begin together the longest.
 */
export class SpecialLiterals {
  private readonly pattern: RegExp | null;

  /** @param literals longest first */
  constructor(literals: readonly string[]) {
    this.pattern = literals.length === 0 ? null : new RegExp(literals.map(escape).join('|'), 'g');
  }

  isIn(text: string): boolean {
    return this.pattern !== null && text.search(this.pattern) !== -1;
  }

  count(text: string): number {
    return this.pattern === null ? 0 : (text.match(this.pattern)?.length ?? 0);
  }

  replace(text: string, replacement: (literal: string) => string): string {
    return this.pattern === null ? text : text.replaceAll(this.pattern, replacement);
  }

  /**
   * Cuts after the first character of every literal, also of those that lie in others, so that none is whole in a
   * piece. A literal of one character cannot be cut.
   */
  cut(text: string): string[] {
    const pieces: string[] = [];
    let from = 0;
    for (let at = this.find(text, 0); at !== -1; at = this.find(text, from)) {
      const next = at + String.fromCodePoint(text.codePointAt(at)!).length;
      pieces.push(text.slice(from, next));
      from = next;
    }
    pieces.push(text.slice(from));
    return pieces;
  }

  private find(text: string, from: number): number {
    if (this.pattern === null) return -1;
    this.pattern.lastIndex = from;
    return this.pattern.exec(text)?.index ?? -1;
  }
}

function escape(literal: string): string {
  return literal.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

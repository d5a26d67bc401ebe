/**
 * Finds stop strings in text that comes in portions, and lets nothing through that may belong to one.
 *
 * One Knuth-Morris-Pratt automaton per stop string: time is linear in the text, whatever the strings are. Of several
 * matches the one that begins first wins; of those that begin together, the one listed first.
 */
export interface StopStep {
  /** Text that is settled. */
  text: string;
  /** The stop string that ended the text, else null. */
  matched: string | null;
}

/** Half a surrogate pair is no text and must not cut a character in two. */
const LONE_SURROGATE = /\p{Surrogate}/u;

export class StopMatcher {
  private readonly automata: Automaton[];
  /** Text that is not settled yet, and where it begins in the whole text. */
  private held = '';
  private heldFrom = 0;
  /** Code units seen. */
  private length = 0;
  private best: { start: number; order: number; stop: string } | null = null;
  private found: string | null = null;

  /** @param options.include whether the stop string is part of the text */
  constructor(
    stops: readonly string[],
    private readonly options: { include: boolean },
  ) {
    this.automata = stops
      .filter((stop) => stop !== '' && !LONE_SURROGATE.test(stop))
      .map((stop, order) => new Automaton(stop, order));
  }

  /** The stop string that ended the text, also when only `end()` settled it. */
  get matched(): string | null {
    return this.found;
  }

  /** After a match every further text is dropped. */
  push(text: string): StopStep {
    if (this.found !== null) return { text: '', matched: this.found };
    if (this.automata.length === 0) return { text, matched: null };
    this.held += text;
    for (let i = 0; i < text.length; i += 1) {
      this.length += 1;
      this.advance(text.charCodeAt(i));
      if (this.best !== null && this.settled(this.best)) return this.finish(this.best);
    }
    return { text: this.release(this.openFrom()), matched: null };
  }

  /** The text is complete. @returns what was held back, up to the match if that settles one (see `matched`) */
  end(): string {
    if (this.found !== null) return '';
    if (this.best !== null) return this.finish(this.best).text;
    return this.release(this.length);
  }

  private advance(unit: number): void {
    for (const automaton of this.automata) {
      if (automaton.done || !automaton.push(unit)) continue;
      const start = this.length - automaton.stop.length;
      if (this.best === null || before(start, automaton.order, this.best)) {
        this.best = { start, order: automaton.order, stop: automaton.stop };
      }
    }
  }

  /** No stop string that is under way could begin before this match. */
  private settled(match: { start: number; order: number }): boolean {
    return this.automata.every(
      (automaton) => automaton.done || !before(this.length - automaton.matched, automaton.order, match),
    );
  }

  /** Where the first possible match begins; the end of the text when there is none. */
  private openFrom(): number {
    let from = this.best?.start ?? this.length;
    for (const automaton of this.automata) {
      if (!automaton.done) from = Math.min(from, this.length - automaton.matched);
    }
    return from;
  }

  private finish(match: { start: number; stop: string }): StopStep {
    this.found = match.stop;
    const text = this.release(match.start + (this.options.include ? match.stop.length : 0));
    this.held = '';
    return { text, matched: match.stop };
  }

  private release(to: number): string {
    const text = this.held.slice(0, to - this.heldFrom);
    this.held = this.held.slice(text.length);
    this.heldFrom = to;
    return text;
  }
}

function before(start: number, order: number, match: { start: number; order: number }): boolean {
  return start < match.start || (start === match.start && order < match.order);
}

/** Knuth, Morris, Pratt 1977. Ends at its first match: a later one can never win. */
class Automaton {
  /** How many units at the end of the text agree with the beginning of the stop string. */
  matched = 0;
  done = false;
  /** Per prefix length: its longest proper prefix that is also its suffix. */
  private readonly fallback: Int32Array;

  constructor(
    readonly stop: string,
    readonly order: number,
  ) {
    this.fallback = new Int32Array(stop.length + 1);
    this.fallback[0] = -1;
    for (let length = 1, border = -1; length <= stop.length; length += 1) {
      while (border >= 0 && stop.charCodeAt(border) !== stop.charCodeAt(length - 1)) border = this.fallback[border]!;
      border += 1;
      this.fallback[length] = border;
    }
  }

  /** @returns whether the stop string ends with this unit */
  push(unit: number): boolean {
    let matched = this.matched;
    while (matched >= 0 && this.stop.charCodeAt(matched) !== unit) matched = this.fallback[matched]!;
    this.matched = matched + 1;
    this.done = this.matched === this.stop.length;
    return this.done;
  }
}

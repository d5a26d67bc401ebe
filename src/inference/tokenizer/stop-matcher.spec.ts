import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopMatcher } from './stop-matcher.js';

/** The obvious way, on the whole text: the match that begins first, of those the one listed first. */
function firstMatch(text: string, stops: string[]): { at: number; stop: string } | null {
  let best: { at: number; stop: string } | null = null;
  for (const stop of stops) {
    const at = stop === '' ? -1 : text.indexOf(stop);
    if (at !== -1 && (best === null || at < best.at)) best = { at, stop };
  }
  return best;
}

function run(matcher: StopMatcher, chunks: string[]): { text: string; matched: string | null } {
  let text = '';
  for (const chunk of chunks) {
    const step = matcher.push(chunk);
    text += step.text;
    if (step.matched !== null) return { text, matched: step.matched };
  }
  text += matcher.end();
  return { text, matched: matcher.matched };
}

// Few characters, so that stop strings overlap with themselves and with one another.
const word = (maxLength: number) => fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength });
const stops = fc.array(word(6), { maxLength: 4 });
const chunks = fc.array(word(5), { maxLength: 25 });

describe('StopMatcher', () => {
  it.each([true, false])('finds what a search of the whole text finds (include: %s)', (include) => {
    fc.assert(
      fc.property(stops, chunks, (list, parts) => {
        const whole = parts.join('');
        const match = firstMatch(whole, list);
        const result = run(new StopMatcher(list, { include }), parts);
        expect(result.matched).toBe(match?.stop ?? null);
        const end = match === null ? whole.length : match.at + (include ? match.stop.length : 0);
        expect(result.text).toBe(whole.slice(0, end));
      }),
      { numRuns: 2000 },
    );
  });

  it('lets through everything that cannot belong to a stop string, and nothing else', () => {
    fc.assert(
      fc.property(stops, chunks, (list, parts) => {
        const matcher = new StopMatcher(list, { include: false });
        let seen = '';
        let sent = '';
        for (const part of parts) {
          const step = matcher.push(part);
          seen += part;
          sent += step.text;
          if (step.matched !== null) return;
          // The first place from which a stop string may still come, or has come but may yet be beaten.
          const open = Array.from(seen).findIndex((_, at) =>
            list.some((stop) => stop !== '' && (stop.startsWith(seen.slice(at)) || seen.startsWith(stop, at))),
          );
          expect(sent).toBe(open === -1 ? seen : seen.slice(0, open));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('finds a stop string across borders and drops what follows', () => {
    const matcher = new StopMatcher(['\nUser:'], { include: false });
    expect(matcher.push('Hi\n')).toEqual({ text: 'Hi', matched: null });
    expect(matcher.push('Us')).toEqual({ text: '', matched: null });
    expect(matcher.push('er: more')).toEqual({ text: '', matched: '\nUser:' });
    expect(matcher.push('still more')).toEqual({ text: '', matched: '\nUser:' });
    expect(matcher.end()).toBe('');
  });

  it('gives held text back when it was none', () => {
    const matcher = new StopMatcher(['###'], { include: false });
    expect(matcher.push('a ##')).toEqual({ text: 'a ', matched: null });
    expect(matcher.push('b ##')).toEqual({ text: '##b ', matched: null });
    expect(matcher.end()).toBe('##');
    expect(matcher.matched).toBeNull();
  });

  it('lets the stop string win that is listed first when two begin together', () => {
    expect(run(new StopMatcher(['ab', 'abc'], { include: true }), ['xabc'])).toEqual({ text: 'xab', matched: 'ab' });
    expect(run(new StopMatcher(['abc', 'ab'], { include: true }), ['xabc'])).toEqual({ text: 'xabc', matched: 'abc' });
  });

  it('tells at the end of a match that was waiting for an earlier one', () => {
    const matcher = new StopMatcher(['abcde', 'bc'], { include: false });
    expect(matcher.push('xabc')).toEqual({ text: 'x', matched: null });
    expect(matcher.end()).toBe('a');
    expect(matcher.matched).toBe('bc');
  });

  it('does not cut a character in two', () => {
    const matcher = new StopMatcher(['\uDE00', '\uD83D'], { include: false });
    expect(matcher.push('😀')).toEqual({ text: '😀', matched: null });
    expect(run(new StopMatcher(['😀'], { include: false }), ['a😁', '😀'])).toEqual({ text: 'a😁', matched: '😀' });
  });

  it('passes everything without stop strings', () => {
    expect(run(new StopMatcher([], { include: false }), ['a', 'b'])).toEqual({ text: 'ab', matched: null });
    expect(run(new StopMatcher([''], { include: false }), ['a', 'b'])).toEqual({ text: 'ab', matched: null });
  });
});

/**
 * Members of intersections of patterns: for a set of patterns, one string for each way in which a string can match some of them and not the others.
 *
 * All patterns together are one automaton; its states are found breadth first (subset construction), and the first string that reaches a new set of
 * accepting patterns is that set's sample. What no letter of any pattern stands for is one letter: they are all alike.
 */

/** A string, or a set of them. */
export interface Glob {
  readonly units: readonly GlobUnit[];
  /** Whether letters match in either case. */
  readonly ignoreCase?: boolean;
}

/** A letter, or a wildcard: of one letter or many, and whether it takes colons. */
export type GlobUnit = string | { readonly many: boolean; readonly colons: boolean };

export interface SampleOptions {
  /** Letters to take where any would do, the preferred first. */
  readonly letters?: string;
  /** Matches the letters that samples may have. Default: any. */
  readonly allowed?: RegExp;
  /** Matches the letters that samples may end with. Default: any. */
  readonly last?: RegExp;
  /** Whether all samples have to match the first pattern. */
  readonly matchFirst?: boolean;
  /** A text that stands before each sample, and is no part of it: patterns are of both together. */
  readonly after?: string;
  /** Whether samples are of a beginning: one for each way in which patterns can go on behind it. Default: one for each set of patterns that match. */
  readonly beginnings?: boolean;
  /** States after which it is given up. */
  readonly limit?: number;
}

/** A sample, and by its position which of the patterns it matches. */
export interface Sample {
  readonly text: string;
  readonly matches: readonly boolean[];
}

const LETTERS = 'xyzabcdefghijklmnopqrstuvw0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_=+@,./ ';
const LIMIT = 20_000;

/** What stands in a text for a wildcard that is a letter: `${*}`, or an asterisk in the value of a variable. */
const LETTER_FOR: Readonly<Record<string, string>> = { '\uE000': '*', '\uE001': '?' };

/** A text whose wildcards are letters wherever it is read. */
export function escaped(text: string): string {
  return text.replace(/\*/g, '\uE000').replace(/\?/g, '\uE001');
}

/** Reads a text in which `*` and `?` are wildcards; without them, wildcards are letters. */
export function globOf(text: string, { wildcards = true, colons = true, ignoreCase = false } = {}): Glob {
  const units = Array.from(text).map((letter): GlobUnit => (
    wildcards && (letter === '*' || letter === '?') ? { many: letter === '*', colons } : LETTER_FOR[letter] ?? letter));
  return { units, ignoreCase };
}

/** An ARN pattern of a condition: each of the first five parts is matched by itself, so that their wildcards take no colon. */
export function arnGlobOf(text: string): Glob {
  let colonsSeen = 0;
  const units = Array.from(text).map((letter): GlobUnit => {
    if (letter === ':') colonsSeen += 1;
    return letter === '*' || letter === '?' ? { many: letter === '*', colons: colonsSeen >= 5 } : LETTER_FOR[letter] ?? letter;
  });
  return { units };
}

const samplesOf = new Map<string, readonly Sample[] | undefined>();
const KEPT = 1000;

/** One string for each set of patterns that a string can match; undefined if there are too many states to look at. The empty string is left out. */
export function samples(globs: readonly Glob[], options: SampleOptions = {}): readonly Sample[] | undefined {
  const { letters, allowed, last, matchFirst, after, beginnings, limit } = options;
  const name = JSON.stringify([globs, letters, allowed?.source, last?.source, matchFirst, after, beginnings, limit]);
  if (!samplesOf.has(name)) {
    if (samplesOf.size >= KEPT) samplesOf.clear();
    samplesOf.set(name, explore(globs, options));
  }
  return samplesOf.get(name);
}

interface State {
  readonly positions: readonly number[];
  readonly letter: string;
  readonly from?: State;
}

function explore(
  globs: readonly Glob[], { letters = LETTERS, allowed, last, matchFirst = false, after = '', beginnings = false, limit = LIMIT }: SampleOptions,
): readonly Sample[] | undefined {
  const automaton = new Automaton(globs);
  const beginning = automaton.closed(globs.map((_, index) => automaton.starts[index]));
  const start: State = { positions: Array.from(after).reduce((positions, letter) => automaton.step(positions, letter), beginning), letter: '' };
  const seen = new Set<string>();
  const found = new Map<string, Sample>();
  const queue: State[] = [start];
  for (let at = 0; at < queue.length; at++) {
    const state = queue[at];
    for (const letter of automaton.lettersAt(state.positions, letters)) {
      if (allowed && !allowed.test(letter)) continue;
      const positions = automaton.step(state.positions, letter);
      // A letter that no sample ends with is not where one was found.
      const ends = last?.test(letter) ?? true;
      const name = `${positions.join()}${ends ? '' : ' open'}`;
      // The empty set of positions is a state too: what matches nothing.
      if (seen.has(name) || (matchFirst && !automaton.mayMatchFirst(positions))) continue;
      seen.add(name);
      const next: State = { positions, letter, from: state };
      const matches = automaton.accepted(positions);
      const key = beginnings ? positions.join() : matches.map(Number).join('');
      if (ends && !found.has(key) && (!matchFirst || matches[0])) found.set(key, { text: textOf(next), matches });
      queue.push(next);
      if (queue.length > limit) return undefined;
    }
  }
  return [...found.values()];
}

function textOf(state: State): string {
  const letters: string[] = [];
  for (let at: State | undefined = state; at; at = at.from) letters.push(at.letter);
  return letters.reverse().join('');
}

/** A letter in both cases; those whose other case is no single letter have but one. */
export function eitherCase(letter: string): string[] {
  return [letter, letter.toLowerCase(), letter.toUpperCase()].filter((one) => Array.from(one).length === 1);
}

/** All patterns as one non-deterministic automaton: a position for each unit, and one for each end. */
class Automaton {
  readonly starts: readonly number[];
  private readonly units: (GlobUnit | undefined)[] = [];
  private readonly ignoring: boolean[] = [];
  private readonly ends: readonly number[];

  constructor(globs: readonly Glob[]) {
    const starts: number[] = [];
    const ends: number[] = [];
    for (const { units, ignoreCase = false } of globs) {
      starts.push(this.units.length);
      this.units.push(...units, undefined);
      for (let count = 0; count <= units.length; count++) this.ignoring.push(ignoreCase);
      ends.push(this.units.length - 1);
    }
    this.starts = starts;
    this.ends = ends;
  }

  /** The letters that make a difference here, and one that stands for all others. */
  lettersAt(positions: readonly number[], others: string): string[] {
    const letters = new Set<string>();
    for (const at of positions) {
      const unit = this.units[at];
      if (typeof unit === 'string') {
        letters.add(unit);
        if (this.ignoring[at]) eitherCase(unit).forEach((letter) => letters.add(letter));
      } else if (unit && !unit.colons) {
        letters.add(':');
      }
    }
    const other = Array.from(others).find((letter) => !letters.has(letter));
    return other === undefined ? [...letters] : [other, ...letters];
  }

  step(positions: readonly number[], letter: string): readonly number[] {
    const next: number[] = [];
    for (const at of positions) {
      const unit = this.units[at];
      if (unit === undefined) continue;
      if (typeof unit === 'string') {
        if (unit === letter || (this.ignoring[at] && unit.toLowerCase() === letter.toLowerCase())) next.push(at + 1);
      } else if (unit.colons || letter !== ':') {
        next.push(unit.many ? at : at + 1);
      }
    }
    return this.closed(next);
  }

  /** With the positions that are reached without a letter: an asterisk may stand for none. */
  closed(positions: readonly number[]): readonly number[] {
    const reached = new Set<number>();
    for (let at of positions) {
      reached.add(at);
      for (let unit = this.units[at]; typeof unit === 'object' && unit.many; unit = this.units[at]) {
        at += 1;
        reached.add(at);
      }
    }
    return [...reached].sort((one, other) => one - other);
  }

  /** Whether the first pattern may still match. */
  mayMatchFirst(positions: readonly number[]): boolean {
    return positions.length > 0 && positions[0] <= this.ends[0];
  }

  accepted(positions: readonly number[]): readonly boolean[] {
    const reached = new Set(positions);
    return this.ends.map((end) => reached.has(end));
  }
}

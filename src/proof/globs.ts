import { bitAt, bitsWhere, following, inBoth, inEither, nameOfBits, NO_BITS, positionsOf, without } from './bits';
import type { Bits } from './bits';

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
  readonly positions: Bits;
  readonly letter: string;
  readonly from?: State;
}

function explore(
  globs: readonly Glob[], { letters = LETTERS, allowed, last, matchFirst = false, after = '', beginnings = false, limit = LIMIT }: SampleOptions,
): readonly Sample[] | undefined {
  const automaton = new Automaton(globs);
  const start: State = { positions: Array.from(after).reduce((positions, letter) => automaton.step(positions, letter), automaton.start), letter: '' };
  const [seen, seenOpen] = [new Set<string>(), new Set<string>()];
  const found = new Map<string, Sample>();
  const queue: State[] = [start];
  for (let at = 0; at < queue.length; at++) {
    const state = queue[at];
    for (const letter of automaton.lettersAt(state.positions, letters)) {
      if (allowed && !allowed.test(letter)) continue;
      const positions = automaton.step(state.positions, letter);
      // A letter that no sample ends with is not where one was found.
      const ends = last?.test(letter) ?? true;
      const known = ends ? seen : seenOpen;
      const name = nameOfBits(positions);
      // The empty set of positions is a state too: what matches nothing.
      if (known.has(name) || (matchFirst && !automaton.mayMatchFirst(positions))) continue;
      known.add(name);
      const next: State = { positions, letter, from: state };
      const accepted = automaton.accepted(positions);
      const key = beginnings ? name : nameOfBits(accepted);
      if (ends && !found.has(key) && (!matchFirst || automaton.matchesFirst(accepted))) found.set(key, { text: textOf(next), matches: automaton.matches(accepted) });
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
  /** Where all patterns begin. */
  readonly start: Bits;
  private readonly units: (GlobUnit | undefined)[] = [];
  private readonly ignoring: boolean[] = [];
  private readonly ends: readonly Bits[];
  private readonly end: Bits;
  private readonly first: Bits;
  /** Where an asterisk stands; and of all wildcards, those that take no colon. */
  private readonly many: Bits;
  private readonly one: Bits;
  private readonly colonless: Bits;
  private readonly byLetter = new Map<string, Bits>();

  constructor(globs: readonly Glob[]) {
    const starts: number[] = [];
    const ends: number[] = [];
    for (const { units, ignoreCase = false } of globs) {
      starts.push(this.units.length);
      this.units.push(...units, undefined);
      for (let count = 0; count <= units.length; count++) this.ignoring.push(ignoreCase);
      ends.push(this.units.length - 1);
    }
    this.many = this.where((unit) => typeof unit === 'object' && unit.many);
    this.one = this.where((unit) => typeof unit === 'object' && !unit.many);
    this.colonless = this.where((unit) => typeof unit === 'object' && !unit.colons);
    this.ends = ends.map(bitAt);
    this.end = this.ends.reduce(inEither, NO_BITS);
    this.first = this.where((_, at) => ends.length > 0 && at <= ends[0]);
    this.start = this.closed(starts.map(bitAt).reduce(inEither, NO_BITS));
  }

  /** The letters that make a difference here, and one that stands for all others. */
  lettersAt(positions: Bits, others: string): string[] {
    const letters = new Set<string>();
    for (const at of positionsOf(positions)) {
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

  step(positions: Bits, letter: string): Bits {
    const taking = letter === ':' ? without(positions, this.colonless) : positions;
    const passed = inEither(inBoth(positions, this.spelling(letter)), inBoth(taking, this.one));
    return this.closed(inEither(following(passed), inBoth(taking, this.many)));
  }

  /** Whether the first pattern may still match. */
  mayMatchFirst(positions: Bits): boolean {
    return inBoth(positions, this.first) !== NO_BITS;
  }

  /** The ends that are reached: which patterns match. */
  accepted(positions: Bits): Bits {
    return inBoth(positions, this.end);
  }

  matchesFirst(accepted: Bits): boolean {
    return inBoth(accepted, this.ends[0]) !== NO_BITS;
  }

  matches(accepted: Bits): readonly boolean[] {
    return this.ends.map((end) => inBoth(accepted, end) !== NO_BITS);
  }

  /** With the positions that are reached without a letter: an asterisk may stand for none. */
  private closed(positions: Bits): Bits {
    let reached = positions;
    for (let more = reached; more !== NO_BITS;) {
      more = without(following(inBoth(more, this.many)), reached);
      reached = inEither(reached, more);
    }
    return reached;
  }

  /** Where a letter stands, in its case or where case does not count. */
  private spelling(letter: string): Bits {
    let positions = this.byLetter.get(letter);
    if (positions === undefined) {
      positions = this.where((unit, at) => typeof unit === 'string' && (unit === letter || (this.ignoring[at] && unit.toLowerCase() === letter.toLowerCase())));
      this.byLetter.set(letter, positions);
    }
    return positions;
  }

  private where(fits: (unit: GlobUnit | undefined, at: number) => boolean): Bits {
    return bitsWhere(this.units.map((unit, at) => ({ unit, at })), ({ unit, at }) => fits(unit, at));
  }
}

import type { TriState } from './tri-state';
import { isUnresolved, UNRESOLVED } from '../spec/unresolved';

/**
 * Strings of a policy that may hold wildcards and policy variables, and what they match.
 *
 * IAM User Guide, "IAM JSON policy elements: Resource" (wildcards: `*` any characters, `?` exactly one) and "IAM policy elements:
 * Variables and tags" (`${key}`, `${key, 'default'}`, and `${*}`, `${?}`, `${$}` for the characters themselves).
 */

/** It is open whether a policy variable has a value. */
export const UNCLEAR = Symbol('unclear');

/** Where the values of policy variables come from: the request's only value of that condition key, undefined if there is none. */
export type VariableValues = (conditionKey: string) => string | undefined | typeof UNCLEAR;

/** What a policy string may contain besides characters that stand for themselves. */
export interface PatternSyntax {
  readonly wildcards: boolean;
  /** Policies without `"Version": "2012-10-17"` have no variables: they read `${…}` letter by letter. */
  readonly variables: boolean;
  /** In a resource ARN only an asterisk at the end of a segment reaches beyond the next colon. */
  readonly segments?: boolean;
  /** How text is compared: as it is, or in lower case. */
  readonly fold?: (text: string) => string;
}

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'wildcard'; readonly wildcard: Wildcard }
  | { readonly kind: 'variable'; readonly key: string; readonly default?: string };

/** What a wildcard takes: how many characters, and whether colons too. */
interface Wildcard {
  readonly many: boolean;
  readonly colons: boolean;
}

type Unit = string | Wildcard;

const ESCAPES = ['*', '?', '$'];
const VARIABLE = /^\s*([^,\s]+)\s*(?:,\s*'([^']*)'\s*)?$/;

/** A pattern whose variables have their values. */
interface Filled {
  readonly units: readonly Unit[];
  /** Whether part of it is not known. */
  readonly open: boolean;
}

/** A compiled policy string. */
export class Pattern {
  private readonly parts: readonly Part[];
  /** Absent where variables have to be filled in first. */
  private readonly filled?: Filled;
  /** The text of a pattern without wildcards and variables. */
  private readonly literal?: string;
  /** What comes before the asterisk of a pattern with one, at its end. */
  private readonly prefix?: string;
  private readonly fold: (text: string) => string;

  constructor(readonly source: string, syntax: PatternSyntax) {
    this.fold = syntax.fold ?? ((text) => text);
    this.parts = parse(source, syntax);
    if (this.parts.some((part) => part.kind === 'variable')) return;
    const units = this.unitsOf(this.parts);
    this.filled = { units, open: isUnresolved(source) };
    const wildcard = units.findIndex((unit) => typeof unit === 'object');
    if (wildcard < 0) this.literal = units.join('');
    else if (wildcard === units.length - 1 && source.endsWith('*')) this.prefix = units.slice(0, -1).join('');
  }

  /**
   * Whether the whole of `text` fits. If part of either is not known, and they do not fit whatever it is, it is unclear.
   *
   * @param unset what comes out where a variable has neither value nor default
   */
  matches(text: string, variables: VariableValues, unset: TriState = 'no'): TriState {
    const folded = this.fold(text);
    const open = isUnresolved(folded);
    if (this.filled && !open && !this.filled.open) return this.fits(folded) ? 'yes' : 'no';
    const filled = this.filled ?? this.fill(variables);
    if (filled === 'unset') return unset;
    if (filled === UNCLEAR) return 'unclear';
    if (fits(filled.units, lettersOf(folded))) return 'yes';
    return open || filled.open ? 'unclear' : 'no';
  }

  private fits(text: string): boolean {
    if (this.literal !== undefined) return this.literal === text;
    if (this.prefix !== undefined) return text.startsWith(this.prefix);
    return fits(this.filled!.units, Array.from(text));
  }

  private fill(variables: VariableValues): Filled | 'unset' | typeof UNCLEAR {
    const parts: Part[] = [];
    for (const part of this.parts) {
      // The value of a variable is compared as it is: a tag that holds an asterisk does not become a wildcard.
      const value = part.kind === 'variable' ? variables(part.key) ?? part.default : undefined;
      if (value === UNCLEAR) return UNCLEAR;
      if (part.kind === 'variable' && value === undefined) return 'unset';
      parts.push(value === undefined ? part : { kind: 'text', text: value });
    }
    return { units: this.unitsOf(parts), open: parts.some((part) => part.kind === 'text' && isUnresolved(part.text)) || isUnresolved(this.source) };
  }

  private unitsOf(parts: readonly Part[]): Unit[] {
    const units: Unit[] = [];
    let text = '';
    const flush = () => {
      units.push(...lettersOf(this.fold(text)));
      text = '';
    };
    for (const part of parts) {
      if (part.kind === 'text') {
        text += part.text;
      } else if (part.kind === 'wildcard') {
        flush();
        units.push(part.wildcard);
      }
    }
    flush();
    return units;
  }
}

/** The characters of a text, where a symbol for what is not known counts as one: an asterisk takes it, a question mark does not. */
function lettersOf(text: string): string[] {
  if (!isUnresolved(text)) return Array.from(text);
  return text.split(SYMBOL).flatMap((piece, index) => (index % 2 === 0 ? Array.from(piece) : [piece]));
}

const SYMBOL = new RegExp(`(${UNRESOLVED.source})`);

function parse(source: string, syntax: PatternSyntax): Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < source.length;) {
    const end = syntax.variables && source.startsWith('${', at) ? source.indexOf('}', at) : -1;
    const next = end > 0 ? end + 1 : at + 1;
    parts.push(end > 0 ? placeholder(source.slice(at, next)) : character(source, at, syntax));
    at = next;
  }
  return parts;
}

function placeholder(text: string): Part {
  const inside = text.slice(2, -1);
  if (ESCAPES.includes(inside)) return { kind: 'text', text: inside };
  const variable = VARIABLE.exec(inside);
  return variable ? { kind: 'variable', key: variable[1], default: variable[2] } : { kind: 'text', text };
}

function character(source: string, at: number, { wildcards, segments }: PatternSyntax): Part {
  const text = source[at];
  if (!wildcards || (text !== '*' && text !== '?')) return { kind: 'text', text };
  const colons = !segments || (text === '*' && (at === source.length - 1 || source[at + 1] === ':'));
  return { kind: 'wildcard', wildcard: { many: text === '*', colons } };
}

/** Whether a wildcard takes a character; of a symbol, whether it does so whatever the symbol stands for. */
function takes({ many, colons }: Wildcard, letter: string): boolean {
  return isUnresolved(letter) ? many && colons : colons || letter !== ':';
}

/**
 * Glob matching by the set of positions in the pattern that are reached so far: each character is looked at once for each position, so
 * that no pattern takes exponential time.
 */
function fits(units: readonly Unit[], text: readonly string[]): boolean {
  let reached = withoutCharacters(units, [0]);
  for (const letter of text) {
    const next = new Set<number>();
    for (const at of reached) {
      const unit = units[at];
      if (unit === undefined) continue;
      if (typeof unit === 'string' ? unit === letter : !unit.many && takes(unit, letter)) next.add(at + 1);
      else if (typeof unit !== 'string' && unit.many && takes(unit, letter)) next.add(at);
    }
    if (next.size === 0) return false;
    reached = withoutCharacters(units, next);
  }
  return reached.has(units.length);
}

/** The positions reached without a further character: an asterisk may stand for none. */
function withoutCharacters(units: readonly Unit[], positions: Iterable<number>): Set<number> {
  const reached = new Set<number>();
  for (let at of positions) {
    reached.add(at);
    for (let unit = units[at]; typeof unit === 'object' && unit.many; unit = units[at]) {
      at += 1;
      reached.add(at);
    }
  }
  return reached;
}

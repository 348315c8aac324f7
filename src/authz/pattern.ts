import type { TriState } from './tri-state';
import { isUnresolved } from '../spec/unresolved';

/**
 * Strings of a policy that may hold wildcards and policy variables, and what they match.
 *
 * IAM User Guide, "IAM JSON policy elements: Resource" (wildcards: `*` any characters, `?` exactly one) and "IAM policy elements:
 * Variables and tags" (`${key}`, `${key, 'default'}`, and `${*}`, `${?}`, `${$}` for the characters themselves).
 */

/** Where the values of policy variables come from: the request's only value of that condition key, if it has exactly one. */
export type VariableValues = (conditionKey: string) => string | undefined;

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

/** A compiled policy string. */
export class Pattern {
  private readonly parts: readonly Part[];
  private readonly units?: readonly Unit[];
  /** The text of a pattern without wildcards and variables. */
  private readonly literal?: string;
  /** What comes before the asterisk of a pattern with one, at its end. */
  private readonly prefix?: string;
  private readonly unresolved: boolean;
  private readonly fold: (text: string) => string;

  constructor(readonly source: string, syntax: PatternSyntax) {
    this.fold = syntax.fold ?? ((text) => text);
    this.parts = parse(source, syntax);
    this.unresolved = isUnresolved(source);
    if (this.parts.some((part) => part.kind === 'variable')) return;
    const units = this.unitsWith(() => undefined) ?? [];
    const wildcard = units.findIndex((unit) => typeof unit === 'object');
    if (wildcard < 0) this.literal = units.join('');
    else if (wildcard === units.length - 1 && source.endsWith('*')) this.prefix = units.slice(0, -1).join('');
    else this.units = units;
  }

  /**
   * Whether the whole of `text` fits. A pattern with a variable that has neither value nor default fits nothing. If part of either is
   * not known yet and they do not fit as they stand, it is unclear.
   */
  matches(text: string, variables: VariableValues): TriState {
    if (this.fits(this.fold(text), variables)) return 'yes';
    return this.unresolved || isUnresolved(text) ? 'unclear' : 'no';
  }

  private fits(text: string, variables: VariableValues): boolean {
    if (this.literal !== undefined) return this.literal === text;
    if (this.prefix !== undefined) return text.startsWith(this.prefix);
    const units = this.units ?? this.unitsWith(variables);
    return units !== undefined && fits(units, Array.from(text));
  }

  private unitsWith(variables: VariableValues): Unit[] | undefined {
    const units: Unit[] = [];
    for (const part of this.parts) {
      if (part.kind === 'wildcard') {
        units.push(part.wildcard);
      } else {
        // The value of a variable is compared as it is: a tag that holds an asterisk does not become a wildcard.
        const text = part.kind === 'text' ? part.text : variables(part.key) ?? part.default;
        if (text === undefined) return undefined;
        units.push(...Array.from(this.fold(text)));
      }
    }
    return units;
  }
}

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

const takes = ({ colons }: Wildcard, letter: string): boolean => colons || letter !== ':';

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

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
}

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'one' }
  | { readonly kind: 'variable'; readonly key: string; readonly default?: string };

const ANY = 0;
const ONE = 1;
type Unit = string | typeof ANY | typeof ONE;

const ESCAPES = ['*', '?', '$'];
const VARIABLE = /^\s*([^,\s]+)\s*(?:,\s*'([^']*)'\s*)?$/;

/** A compiled policy string. */
export class Pattern {
  private readonly parts: readonly Part[];
  private readonly units?: readonly Unit[];
  private readonly literal?: string;

  constructor(readonly source: string, syntax: PatternSyntax, private readonly fold: (text: string) => string = (text) => text) {
    this.parts = parse(source, syntax);
    if (this.parts.some((part) => part.kind === 'variable')) return;
    this.units = unitsOf(this.parts, () => undefined, fold);
    if (this.units?.every((unit) => typeof unit === 'string')) this.literal = this.units.join('');
  }

  /** Whether the whole of `text` fits. A pattern with a variable that has neither value nor default fits nothing. */
  matches(text: string, variables: VariableValues): boolean {
    const folded = this.fold(text);
    if (this.literal !== undefined) return this.literal === folded;
    const units = this.units ?? unitsOf(this.parts, variables, this.fold);
    return units !== undefined && fits(units, Array.from(folded));
  }
}

function parse(source: string, syntax: PatternSyntax): Part[] {
  const parts: Part[] = [];
  const text = (added: string) => {
    const last = parts[parts.length - 1];
    if (last?.kind === 'text') parts[parts.length - 1] = { kind: 'text', text: last.text + added };
    else parts.push({ kind: 'text', text: added });
  };
  for (let at = 0; at < source.length;) {
    const end = syntax.variables && source.startsWith('${', at) ? source.indexOf('}', at) : -1;
    if (end > 0) {
      const inside = source.slice(at + 2, end);
      const variable = VARIABLE.exec(inside);
      if (ESCAPES.includes(inside)) text(inside);
      else if (variable) parts.push({ kind: 'variable', key: variable[1], default: variable[2] });
      else text(source.slice(at, end + 1));
      at = end + 1;
    } else {
      if (syntax.wildcards && source[at] === '*') parts.push({ kind: 'any' });
      else if (syntax.wildcards && source[at] === '?') parts.push({ kind: 'one' });
      else text(source[at]);
      at += 1;
    }
  }
  return parts;
}

function unitsOf(parts: readonly Part[], variables: VariableValues, fold: (text: string) => string): Unit[] | undefined {
  const units: Unit[] = [];
  for (const part of parts) {
    if (part.kind === 'any') {
      units.push(ANY);
    } else if (part.kind === 'one') {
      units.push(ONE);
    } else {
      // The value of a variable is compared as it is: a tag that holds an asterisk does not become a wildcard.
      const text = part.kind === 'text' ? part.text : variables(part.key) ?? part.default;
      if (text === undefined) return undefined;
      units.push(...Array.from(fold(text)));
    }
  }
  return units;
}

/** Glob matching with one remembered asterisk: linear for ordinary patterns, never exponential. */
function fits(units: readonly Unit[], text: readonly string[]): boolean {
  let unit = 0;
  let at = 0;
  let afterAny = -1;
  let retryAt = 0;
  while (at < text.length) {
    if (unit < units.length && (units[unit] === ONE || units[unit] === text[at])) {
      unit += 1;
      at += 1;
    } else if (unit < units.length && units[unit] === ANY) {
      unit += 1;
      afterAny = unit;
      retryAt = at;
    } else if (afterAny >= 0) {
      unit = afterAny;
      retryAt += 1;
      at = retryAt;
    } else {
      return false;
    }
  }
  while (unit < units.length && units[unit] === ANY) unit += 1;
  return unit === units.length;
}

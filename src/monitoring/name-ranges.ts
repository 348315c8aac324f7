import type { Issuer } from './granted';
import type { NameRange } from './patterns';

/** Part of a granted set, and the part of all role names that it is for. */
export interface SharedOut {
  readonly range: NameRange;
  readonly issuers: readonly Issuer[];
}

/** Whether a part makes a pattern that is short enough. */
type Fits = (part: SharedOut) => boolean;

/**
 * Shares a granted set out over patterns, where it is too long for one.
 *
 * That a role is none of many is a conjunction, while several rules are alternatives: a rule each for half of the set would fire for the other half. So each pattern asks
 * for roles whose names begin in some way, and knows all of the set whose names do; the last asks for all other names. Roles whose names nobody knows before
 * deployment are in each. Undefined where even that does not fit.
 */
export function shareOut(issuers: readonly Issuer[], fits: Fits): readonly SharedOut[] | undefined {
  const whole: SharedOut = { range: {}, issuers };
  if (fits(whole)) return [whole];
  const named = issuers.filter(({ name, isPattern }) => name !== '' && !isPattern);
  const part = (prefixes: readonly string[]): SharedOut => ({ range: { within: prefixes }, issuers: within(issuers, { within: prefixes }) });
  const leaves = leavesOf('', named, (prefix) => fits(part([prefix])));
  const groups: string[][] = [];
  for (const leaf of leaves) {
    const last = groups.at(-1);
    if (last && fits(part([...last, leaf]))) last.push(leaf);
    else groups.push([leaf]);
  }
  const parts = [...groups.map(part), { range: { without: leaves }, issuers: within(issuers, { without: leaves }) }];
  return parts.every(fits) ? parts : undefined;
}

/** The members of a set whose names may be in a range: of some, nobody knows more than the beginning. */
export function within(issuers: readonly Issuer[], { within: prefixes, without = [] }: NameRange): Issuer[] {
  const mayBeIn = (name: string) => (prefixes
    ? prefixes.some((prefix) => name.startsWith(prefix) || prefix.startsWith(name))
    : !without.some((prefix) => name.startsWith(prefix)));
  return issuers.filter(({ name, isPattern }) => name === '' || isPattern || mayBeIn(name));
}

/** Beginnings of names, none of which begins with another, each for as many of the set as fit. Names that end where they would have to go on are nobody's. */
function leavesOf(prefix: string, issuers: readonly Issuer[], fits: (prefix: string) => boolean): string[] {
  if (!issuers.length) return [];
  if (prefix && fits(prefix)) return [prefix];
  const next = [...new Set(issuers.filter(({ name }) => name.length > prefix.length).map(({ name }) => name.slice(0, prefix.length + 1)))].sort();
  return next.flatMap((longer) => leavesOf(longer, issuers.filter(({ name }) => name.startsWith(longer)), fits));
}

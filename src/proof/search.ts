import { allBits, inBoth, lowestBit, NO_BITS, without } from './bits';
import type { Bits } from './bits';

/**
 * Looks for values of independent variables that meet all requirements: unit propagation and branching, as in DPLL, on sets of values that are bits of a
 * number. Requirements that speak of different variables do not multiply.
 */

/** The values of one variable that are left, one bit each. */
export interface Restriction {
  readonly variable: number;
  readonly mask: Bits;
}

/** What has to hold at once. */
export type Alternative = readonly Restriction[];

/** What has to hold in one way or another. */
export type Requirement = readonly Alternative[];

/** How a search ends: with a choice that was accepted, with none, or without an answer: all were refused, or it took too long. */
export type Found<T> = { readonly kind: 'found'; readonly result: T } | { readonly kind: 'none' } | { readonly kind: 'refused' }
  | { readonly kind: 'gave up'; readonly because: string };

const STEPS = 50_000;

/**
 * Searches. `accept` is given the number of a value for each variable, and may refuse the choice by returning undefined: then the search goes on.
 *
 * @param counts how many values each variable has
 */
export function search<T>(
  counts: readonly number[], requirements: readonly Requirement[], accept: (choice: readonly number[]) => T | undefined,
): Found<T> {
  let steps = 0;
  let refused = false;

  const visit = (domains: readonly Bits[], open: readonly Requirement[]): T | undefined => {
    steps += 1;
    if (steps > STEPS) return undefined;
    const settled = settle(domains, open);
    if (!settled) return undefined;
    if (settled.open.length === 0) {
      const result = accept(settled.domains.map(lowestBit));
      if (result === undefined) refused = true;
      return result;
    }
    const [next, ...rest] = [...settled.open].sort((one, other) => one.length - other.length);
    for (const alternative of next) {
      const narrowed = narrow(settled.domains, alternative);
      const result = narrowed && visit(narrowed, rest);
      if (result !== undefined) return result;
    }
    return undefined;
  };

  const result = counts.includes(0) ? undefined : visit(counts.map(allBits), requirements);
  if (result !== undefined) return { kind: 'found', result };
  if (steps > STEPS) return { kind: 'gave up', because: 'the conditions can be met in too many ways' };
  return { kind: refused ? 'refused' : 'none' };
}

interface Settled {
  readonly domains: readonly Bits[];
  readonly open: readonly Requirement[];
}

/** Drops what holds already and what cannot, and takes what is the only way; undefined if a requirement has no way left. */
function settle(given: readonly Bits[], requirements: readonly Requirement[]): Settled | undefined {
  let domains = given;
  let open = requirements;
  for (let changed = true; changed;) {
    changed = false;
    const left: Requirement[] = [];
    for (const requirement of open) {
      const possible = requirement.filter((alternative) => alternative.every(({ variable, mask }) => inBoth(domains[variable], mask) !== NO_BITS));
      if (possible.length === 0) return undefined;
      if (possible.some((alternative) => alternative.every(({ variable, mask }) => without(domains[variable], mask) === NO_BITS))) continue;
      if (possible.length > 1) {
        left.push(possible);
        continue;
      }
      const narrowed = narrow(domains, possible[0]);
      if (!narrowed) return undefined;
      domains = narrowed;
      changed = true;
    }
    open = left;
  }
  return { domains, open };
}

function narrow(domains: readonly Bits[], alternative: Alternative): readonly Bits[] | undefined {
  const narrowed = [...domains];
  for (const { variable, mask } of alternative) {
    narrowed[variable] = inBoth(narrowed[variable], mask);
    if (narrowed[variable] === NO_BITS) return undefined;
  }
  return narrowed;
}

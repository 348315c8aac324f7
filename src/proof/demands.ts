import type { Demand } from './model';
import type { Part } from './requests';

/** What claims ask of requests besides that they are allowed. */

/** Encryption context pairs that requests have to have: names, or names with values. */
export type RequiredContext = readonly string[] | Readonly<Record<string, string>>;

/** Names in lower case, each with the value it has to have, where one is said. */
export function pairsOf(context: RequiredContext): readonly (readonly [string, string | undefined])[] {
  return Array.isArray(context) ? context.map((name: string) => [name.toLowerCase(), undefined] as const)
    : Object.entries(context as Readonly<Record<string, string>>).map(([name, value]) => [name.toLowerCase(), value] as const);
}

/** Requests that lack one of the pairs. */
export function lacking(context: RequiredContext): Demand {
  const pairs = pairsOf(context);
  return {
    asked: pairs.map(([name, value]) => (
      { name: `kms:encryptioncontext:${name}`, comparisons: value === undefined ? [] : [{ operator: 'StringEquals', wanted: [value] }] })),
    requirements: (space) => {
      const members = pairs.map(([name]) => space.membersOf(`kms:encryptioncontext:${name}`).length);
      // Requests that carry no encryption context at all lack it for certain.
      if (members.includes(0)) return [];
      return [pairs.flatMap(([name, value]) => space.where(`kms:encryptioncontext:${name}`, (part) => !has(part, name, value)))];
    },
  };
}

function has({ pairs = {} }: Part, name: string, value: string | undefined): boolean {
  return Object.entries(pairs).some(([one, seen]) => one.toLowerCase() === name && (value === undefined || seen === value));
}

export function requirementsTogether(one: Demand, other: Demand): Demand {
  return { asked: [...one.asked, ...other.asked], requirements: (space) => [...one.requirements(space), ...other.requirements(space)] };
}

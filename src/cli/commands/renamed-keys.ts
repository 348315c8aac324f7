import { withText } from '../../checks/home-account';
import type { KeyWorld } from '../../proof';
import { statementsOf } from '../../spec/policy-grammar';
import { keyWorld } from '../../template';
import type { Deployment, ResourceAddress, TemplateIdentity, TemplateKey } from '../../template';

/** A key that is gone and one that came, taken for one key under another name. */
export interface Renamed {
  readonly was: TemplateKey;
  /** What both have in common: `both have the alias alias/orders`. */
  readonly because: string;
}

/** Which of the keys that came were there by another name. */
export interface Renames {
  readonly of: ReadonlyMap<TemplateKey, Renamed>;
  /** Keys that may be one of several that are gone, or of which another may be the same one: nothing tells which. */
  readonly ambiguous: ReadonlyMap<TemplateKey, readonly TemplateKey[]>;
}

/** How much two keys have in common of one kind: 0 for nothing. */
interface Likeness {
  readonly score: (was: TemplateKey, is: TemplateKey) => number;
  readonly because: (was: TemplateKey, is: TemplateKey) => string;
}

/** The strongest first: what people give to one key only, then what one key keeps when it moves, then what several may have in common. */
const LIKENESSES: readonly Likeness[] = [
  {
    score: (was, is) => sharedAliases(was, is).length,
    because: (was, is) => `both have the alias ${sharedAliases(was, is)[0]}`,
  },
  {
    score: (was, is) => Number(was.logicalId === is.logicalId),
    because: (was, is) => `both have the logical id ${is.logicalId}, in the stacks ${was.stack} and ${is.stack}`,
  },
  {
    score: (was, is) => sharedEnd(was, is).length,
    because: (was, is) => `the paths of both end in ${sharedEnd(was, is).join('/')}`,
  },
  {
    score: (was, is) => Number(is.description !== '' && was.description === is.description),
    because: (_, { description }) => `both have the description '${description}'`,
  },
  {
    score: (was, is) => Number(hasSamePolicy(was, is)),
    because: () => 'both have the same key policy',
  },
  {
    score: (was, is) => Number(was.stack === is.stack && sharesStatement(was, is)),
    because: ({ stack }) => `of the keys of ${stack} that are gone and that came, these two alone have a statement in common`,
  },
];

/**
 * Pairs keys that are gone with keys that came. Another logical id makes another key on AWS, with the old one's work to do: whoever could not use that one,
 * and can use this one, was let in by the change. A pair has one account, Region, type, spec and usage, and is the only one that is plausible.
 */
export function renamesBetween(gone: readonly TemplateKey[], came: readonly TemplateKey[]): Renames {
  const of = new Map<TemplateKey, Renamed>();
  const left = { was: new Set(gone), is: new Set(came) };
  for (let before = -1; before < of.size;) {
    before = of.size;
    for (const likeness of LIKENESSES) {
      for (const is of left.is) {
        const [was, ...others] = likest(is, left.was, (other) => likeness.score(other, is));
        if (was === undefined || others.length > 0 || likest(was, left.is, (other) => likeness.score(was, other)).length > 1) continue;
        of.set(is, { was, because: likeness.because(was, is) });
        left.was.delete(was);
        left.is.delete(is);
      }
    }
  }
  const plausible = (is: TemplateKey) => [...left.was].filter((was) => isOfKind(was, is) && LIKENESSES.some(({ score }) => score(was, is) > 0));
  return { of, ambiguous: new Map([...left.is].map((is) => [is, plausible(is)] as const).filter(([, keys]) => keys.length > 0)) };
}

/** The world of the key before, by the names that it has now: its own, and those of roles and users that moved along with it. */
export function worldBefore(old: Deployment, { was }: Renamed, next: Deployment, is: TemplateKey): KeyWorld {
  const names = new Map([[was.keyId, is.keyId], ...movedAlong(old, was, next, is).flatMap(([before, now]) => [[before.arn, now.arn] as const])]);
  const every = new RegExp([...names.keys()].map((name) => `${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w+=,.@-])`).join('|'), 'g');
  const { key, ...world } = withText(keyWorld(old, was), (text) => text.replace(every, (name) => names.get(name) ?? name));
  const { stack, logicalId, path } = is;
  return { ...world, key: { ...key, stack, logicalId, ...path === undefined ? {} : { path } } as TemplateKey };
}

/** Roles and users that are gone, each with one that came at the same place seen from the key. */
function movedAlong(old: Deployment, was: TemplateKey, next: Deployment, is: TemplateKey): [TemplateIdentity, TemplateIdentity][] {
  const at = ({ stack, logicalId }: ResourceAddress): string => JSON.stringify([stack, logicalId]);
  const [before, now] = [old, next].map(({ identities }) => new Map(identities.map((identity) => [at(identity), identity])));
  return [...before].filter(([place]) => !now.has(place)).flatMap(([, identity]) => {
    const moved = [...now].find(([place, other]) => !before.has(place) && other.type === identity.type && isMoved(identity, other, was, is));
    return moved ? [[identity, moved[1]] as [TemplateIdentity, TemplateIdentity]] : [];
  });
}

/** Whether two resources differ in their places as two keys do. */
function isMoved(one: ResourceAddress, other: ResourceAddress, was: ResourceAddress, is: ResourceAddress): boolean {
  if (one.stack === was.stack && other.stack === is.stack && was.stack !== is.stack && one.logicalId === other.logicalId) return true;
  const end = `/${[...sharedEnd(was, is), 'Resource'].join('/')}`;
  if (one.path === undefined || !was.path?.endsWith(end) || !is.path?.endsWith(end)) return false;
  const [from, to] = [was.path, is.path].map((path) => `${path.slice(0, -end.length)}/`);
  return one.path.startsWith(from) && other.path === `${to}${one.path.slice(from.length)}`;
}

function likest(key: TemplateKey, among: ReadonlySet<TemplateKey>, score: (other: TemplateKey) => number): TemplateKey[] {
  const scored = [...among].filter((other) => isOfKind(other, key)).map((other) => ({ other, much: score(other) })).filter(({ much }) => much > 0);
  const most = Math.max(...scored.map(({ much }) => much));
  return scored.filter(({ much }) => much === most).map(({ other }) => other);
}

function isOfKind(one: TemplateKey, other: TemplateKey): boolean {
  return (['type', 'account', 'region', 'spec', 'usage', 'multiRegion'] as const).every((fact) => one[fact] === other[fact]);
}

function sharedAliases(was: TemplateKey, is: TemplateKey): readonly string[] {
  return (was.aliases ?? []).filter((alias) => is.aliases?.includes(alias));
}

/** The names of constructs in which the paths of two resources end: `Data/Key`. */
function sharedEnd(was: ResourceAddress, is: ResourceAddress): readonly string[] {
  const [one, other] = [was, is].map(({ path }) => path?.replace(/\/Resource$/, '').split('/').reverse() ?? []);
  const until = one.findIndex((id, index) => id !== other[index]);
  return one.slice(0, until < 0 ? one.length : until).reverse();
}

const written = new WeakMap<TemplateKey, ReadonlySet<string>>();

/** The statements of a key's policy without their names, and without the key's own id. */
function statementsIn(key: TemplateKey): ReadonlySet<string> {
  const known = written.get(key) ?? new Set(statementsOf(key.policy).map((statement) => {
    const { Sid: _, ...said } = Object(statement) as { readonly Sid?: unknown };
    return JSON.stringify(said).replaceAll(key.keyId, 'this key');
  }));
  written.set(key, known);
  return known;
}

function hasSamePolicy(was: TemplateKey, is: TemplateKey): boolean {
  return statementsIn(was).size === statementsIn(is).size && [...statementsIn(is)].every((statement) => statementsIn(was).has(statement));
}

function sharesStatement(was: TemplateKey, is: TemplateKey): boolean {
  return [...statementsIn(is)].some((statement) => statementsIn(was).has(statement));
}

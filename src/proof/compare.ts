import { Model } from './model';
import type { Matched, Question, Scene } from './model';
import type { Found, Requirement } from './search';
import type { Atom, Space } from './space';
import type { Counterexample, KeyWorld } from './types';
import { readPolicy } from '../authz';
import type { Caller, IdentityFacts, KmsRequest, Statement } from '../authz';

/** Requests that one policy allows and another does not. */

/** Two models that know the same principals: who is known to one alone has no policies in the other. */
export interface Comparison {
  readonly old: Model;
  readonly next: Model;
  /** The same, where IAM policies that nobody knows allow nothing. */
  readonly withoutIam?: Comparison;
}

export function compared(old: KeyWorld, next: KeyWorld): Comparison {
  const [before, after] = [old, next].map(({ key }) => readPolicy(key.policy, 'key policy'));
  const models = { old: new Model(knowing(old, next), [], [after]), next: new Model(knowing(next, old), [], [before]) };
  return { ...models, withoutIam: { old: models.old.knownToAllow(), next: models.next.knownToAllow() } };
}

/**
 * The ways to look at a principal: it has the policies that nobody knows, whatever they allow, or it has none that allow. Of the same policies, one or the
 * other is true of each request, before and after; so what is new in neither is not new. To delegate to the account is not to allow: who needs no IAM
 * policy any more can do what it could not (KMS Developer Guide, "Default key policy", "Allows access to the AWS account").
 */
export function waysToCompare(comparison: Comparison, principal: string): readonly { readonly at: Comparison; readonly withoutIam: boolean }[] {
  const { withoutIam, next, old } = comparison;
  const all = { at: comparison, withoutIam: false };
  const [, partition, , , home] = next.key.arn.split(':');
  const caller = next.caller(principal);
  if (!withoutIam || caller.account !== home || caller.partition !== partition) return [all];
  const policies = (model: Model) => model.caller(principal).identity?.policies?.length ?? 0;
  const isKnown = policies(next) === policies(withoutIam.next) && policies(old) === policies(withoutIam.old);
  return isKnown ? [all] : [all, { at: withoutIam, withoutIam: true }];
}

function knowing(one: KeyWorld, other: KeyWorld): KeyWorld {
  const known = new Set(one.world.identities.map(({ arn }) => arn));
  const strangers = other.world.identities.filter(({ arn }) => !known.has(arn)).map(({ arn, tags }): IdentityFacts => ({ arn, tags }));
  return strangers.length === 0 ? one : { ...one, world: { identities: [...one.world.identities, ...strangers] } };
}

/**
 * Looks for a request that is allowed by the next policy and not by the old one. Both are asked what may be; with `doubting`, the old one what surely is,
 * except that a condition that stands in both is taken to say the same in both, of a caller and a key that are what they were.
 */
export function findNew({ old, next }: Comparison, question: Question, doubting = false): Found<Counterexample> {
  const scene = next.sceneOf(question);
  if (!scene) return { kind: 'none' };
  const there = old.sceneOf(question);
  const same = sameFacts(old, next, question.principal);
  if (there && same && !scene.tooMany && !there.tooMany && sameStatements(scene, there)) return { kind: 'none' };
  const before = there && !same ? seenFrom(there, { caller: old.caller(question.principal), key: old.key }) : there;
  let worst: Found<Counterexample> = { kind: 'none' };
  for (const path of scene.paths) {
    const accept = (request: KmsRequest) => {
      const confirmed = next.confirmed(request, question.bound);
      const allowedBefore = old.decide(old.seen(request), doubting ? 'surely' : 'perhaps').allowed;
      return confirmed && !allowedBefore ? confirmed : undefined;
    };
    const cases = (space: Space) => (before ? refusals(before, space, doubting ? 'doubting' : 'best', same ? { scene, path } : undefined) : [[]]);
    const found = next.searchWith(scene, path, question, before ? atomsOf(before) : [], cases, accept);
    if (found.kind === 'found') return found;
    if (found.kind !== 'none') worst = found;
  }
  return scene.tooMany && worst.kind === 'none' ? { kind: 'gave up', because: 'too many statements allow together' } : worst;
}

/** Whether key and caller are to conditions what they were. */
function sameFacts(old: Model, next: Model, principal: string): boolean {
  const facts = ({ key: { policy, ...key } }: Model, { identity }: Caller) =>
    JSON.stringify([key, identity?.tags, identity?.organizationId, identity?.organizationPaths]);
  return facts(old, old.caller(principal)) === facts(next, next.caller(principal));
}

/** The statements of another world, each with its caller and its key. */
function seenFrom(scene: Scene, elsewhere: NonNullable<Atom['elsewhere']>): Scene {
  const moved = new Map<Matched, Matched>();
  const move = (one: Matched): Matched => {
    let other = moved.get(one);
    if (!other) moved.set(one, other = { ...one, atoms: one.atoms.map((atom) => ({ ...atom, elsewhere })) });
    return other;
  };
  return { ...scene, denies: scene.denies.map(move), paths: scene.paths.map((path) => path.map(move)) };
}

function atomsOf({ paths, denies }: Scene): Matched['atoms'] {
  return [...new Set([...paths.flat(), ...denies])].flatMap(({ atoms }) => atoms);
}

/**
 * The ways in which the old policy does not allow: none of its statements do, or one of them denies.
 *
 * @param kept what allows now, and what does not deny: what of it the old policy says, too, came out in the same way there
 */
function refusals(
  before: Scene, space: Space, asked: 'best' | 'doubting', kept: { readonly scene: Scene; readonly path: readonly Matched[] } | undefined,
): Requirement[][] {
  const doubting = asked === 'doubting';
  const [fails, acts] = doubting ? ['not yes', 'not no'] as const : ['no', 'yes'] as const;
  const same = doubting ? kept : undefined;
  const statements = new Set(same?.path.map(({ statement }) => textOf(statement)));
  const conditions = new Set(same?.path.flatMap(({ atoms }) => atoms.map(conditionText)));
  const stands = before.paths.some((one) => one.every(({ statement }) => statements.has(textOf(statement))));
  const none = before.paths.map((one): Requirement => {
    if (doubting && one.some(({ state, statement }) => state !== 'yes' && !statements.has(textOf(statement)))) return [[]];
    return one.flatMap(({ atoms }) => atoms.filter((atom) => !conditions.has(conditionText(atom))).flatMap((atom) => space.ways(atom, fails)));
  });
  const shared = new Set(same?.scene.denies.map(({ statement }) => textOf(statement)));
  const denying = before.denies
    .filter(({ statement, state }) => (doubting ? !shared.has(textOf(statement)) : state === 'yes'))
    .map(({ atoms }) => atoms.map((atom) => space.ways(atom, acts)));
  return [...(stands && statements.size > 0 ? [] : [none]), ...denying];
}

function conditionText({ condition: { operator, key, wanted }, scope: { inKeyPolicy } }: Atom): string {
  return JSON.stringify([operator, key, wanted, inKeyPolicy]);
}

function sameStatements(one: Scene, other: Scene): boolean {
  const texts = ({ paths, denies }: Scene) => {
    const allowing = new Set(paths.map((path) => path.map(({ statement, closeness, state }) => `${textOf(statement)} ${closeness} ${state}`).join()));
    return JSON.stringify([[...allowing].sort(), denies.map(({ statement, state }) => `${textOf(statement)} ${state}`).sort()]);
  };
  return texts(one) === texts(other);
}

const texts = new WeakMap<Statement, string>();

/** A statement without its name: what makes two statements of different policies one. */
function textOf(statement: Statement): string {
  let text = texts.get(statement);
  if (text === undefined) {
    const { effect, principals, actions, resources, conditions } = statement;
    const conditioned = conditions.map(({ operator, key, wanted }) => [operator, key, wanted]);
    texts.set(statement, text = JSON.stringify([effect, principals, actions, resources, conditioned]));
  }
  return text;
}

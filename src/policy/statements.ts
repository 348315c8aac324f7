import { Aws, Token } from 'aws-cdk-lib';
import { both, fingerprint, oneIsEnough, withoutCovered } from './conditions';
import type { Conditions } from './permission';

/** One sentence of a key policy: who may (or may not) do what, and when. */
export interface Sentence {
  readonly sid: string;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly conditions?: Conditions;
  readonly principal: SentencePrincipal;
  /** Whom it is about, in the words of the app: for messages. */
  readonly label: string;
  /** Whether it is said at all, where only synthesis knows. Not asked while CDK looks for references: what it needs for that, it may not know yet. */
  readonly when?: () => boolean;
  /** Whether a view of the key asked for it: it holds for resources that were given the view, and says nothing of others. */
  readonly byView?: boolean;
  /** Whether synthesis warns where a service is let in for every resource of a type, of a statement of a view: one of them could be named later. */
  readonly warnsOfEverySource?: () => boolean;
  /** Whether a service may be let in that nothing binds to anybody's resources. */
  readonly allowsUnbound?: (service: string) => boolean;
}

/** Who a sentence is about. `rolesOf`: a principal of that account, told by its ARN instead of by name; it is lost when its name was taken away since. */
export type SentencePrincipal =
  | { readonly type: 'AWS' | 'Service'; readonly name: string }
  | { readonly type: 'rolesOf'; readonly account: string; readonly arn: string; isLost?(): boolean }
  | { readonly type: 'anyone' };

/** A statement of the policy document, and the sentences it says at once. */
export interface Statement {
  readonly json: StatementJson;
  readonly labels: readonly string[];
}

/** A statement in IAM's JSON grammar; strings may hold CDK tokens. */
export interface StatementJson {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal: '*' | Readonly<Record<string, string | readonly string[]>>;
  readonly Action: string | readonly string[];
  readonly Resource: '*';
  readonly Condition?: Conditions;
}

/** Sentences that become one statement. They agree in all but what is collected here. */
interface Group {
  readonly first: Sentence;
  readonly conditions: Conditions;
  readonly sids: ReadonlySet<string>;
  readonly actions: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
  readonly labels: ReadonlySet<string>;
}

/** ARN that stands for everybody whom an account's own policies let in. */
export function accountRoot(account: string): string {
  return `arn:${Aws.PARTITION}:iam::${account}:root`;
}

/**
 * Joins sentences that differ in their principals only, and those that differ only in the resources that they are about. Each statement keeps a Sid of its own.
 *
 * `tight` also joins statements that differ in their actions only: shorter, but a Sid then changes with the grants around it.
 */
export function compose(sentences: readonly Sentence[], tight = false): Statement[] {
  const single = sentences.map((first): Group => ({
    first,
    conditions: first.conditions ?? {},
    sids: new Set([first.sid]),
    actions: new Set(first.actions),
    names: new Set(nameIn(first.principal)),
    labels: new Set([first.label]),
  }));
  const byPrincipal = joinedBy(single, samePrincipalsAside);
  const byResource = joinedByResource(byPrincipal);
  const groups = byResource.length < byPrincipal.length ? joinedBy(byResource, samePrincipalsAside) : byPrincipal;
  const taken = new Set<string>();
  return (tight ? joinedBy(groups, sameActionsAside) : groups)
    .map((group) => ({ json: render(group, freshSid([...group.sids].join(''), taken)), labels: [...group.labels] }));
}

function samePrincipalsAside({ first, sids, actions, conditions }: Group): string {
  return [first.effect, [...sids].join(), [...actions].join(), principalKind(first.principal), fingerprint(conditions)].join('|');
}

function sameActionsAside({ first, names, conditions }: Group): string {
  return [first.effect, principalKind(first.principal), [...names].sort().join(), fingerprint(conditions)].join('|');
}

/** One group for those with the same key, in the place of the first. `conditionsOf` tells what the group then asks for. */
function joinedBy(groups: readonly Group[], keyOf: (group: Group) => string, conditionsOf = (one: Group, _other: Group) => one.conditions): Group[] {
  const joined = new Map<string, Group>();
  for (const group of groups) {
    const key = keyOf(group);
    const known = joined.get(key);
    joined.set(key, known ? {
      first: known.first,
      conditions: conditionsOf(known, group),
      sids: new Set([...known.sids, ...group.sids]),
      actions: new Set([...known.actions, ...group.actions]),
      names: new Set([...known.names, ...group.names]),
      labels: new Set([...known.labels, ...group.labels]),
    } : group);
  }
  return [...joined.values()];
}

/**
 * Joins statements that differ in one condition only, by which the request tells a resource and of whose values one is enough: the same principals may then do
 * the same with any of them. Two conditions that differ at once would, joined, hold for pairs that nobody named.
 */
function joinedByResource(groups: readonly Group[]): Group[] {
  const asked = new Map(groups.flatMap(({ conditions }) => resourceConditions(conditions)).map((pair) => [JSON.stringify(pair), pair]));
  return [...asked.values()].reduce((all: readonly Group[], [operator, key]) => {
    const valuesOf = ({ first, conditions }: Group) => (first.effect === 'Allow' ? conditions[operator]?.[key] : undefined);
    let alone = 0;
    return joinedBy(
      all,
      (group) => {
        const values = valuesOf(group);
        if (values === undefined || Token.isUnresolved(values)) return String(alone++);
        const rest = { ...group.conditions, [operator]: { ...group.conditions[operator], [key]: '' } };
        return [samePrincipalsAside({ ...group, conditions: rest }), ...[...group.names].sort()].join('|');
      },
      (one, other) => {
        const values = [one, other].flatMap((group) => valuesOf(group) ?? []);
        return { ...one.conditions, [operator]: { ...one.conditions[operator], [key]: operator.endsWith('Like') ? withoutCovered(values) : [...new Set(values)].sort() } };
      },
    );
  }, groups) as Group[];
}

/** The conditions by which a request tells the resource that it is for, as pairs of operator and condition key. */
function resourceConditions(conditions: Conditions): [operator: string, key: string][] {
  return Object.entries(conditions).filter(([operator]) => oneIsEnough(operator))
    .flatMap(([operator, pairs]) => Object.keys(pairs).filter((key) => /^(kms:EncryptionContext:|aws:SourceArn$)/i.test(key)).map((key): [string, string] => [operator, key]));
}

function principalKind(principal: SentencePrincipal): string {
  return principal.type === 'rolesOf' ? `rolesOf ${principal.account}` : principal.type;
}

function nameIn(principal: SentencePrincipal): string[] {
  switch (principal.type) {
    case 'anyone': return [];
    case 'rolesOf': return [principal.arn];
    default: return [principal.name];
  }
}

/** The Sid wished for, or the next one like it that is not taken; takes it. */
export function freshSid(wish: string, taken: Set<string>): string {
  let sid = wish;
  for (let n = 2; taken.has(sid); n++) sid = `${wish}${n}`;
  taken.add(sid);
  return sid;
}

function render({ first, conditions, actions, names }: Group, sid: string): StatementJson {
  const { principal } = first;
  const whose = principal.type === 'rolesOf' ? both(conditions, { ArnEquals: { 'aws:PrincipalArn': oneOrMore([...names]) } }) : conditions;
  return {
    Sid: sid,
    Effect: first.effect,
    Principal: principalJson(principal, [...names]),
    Action: oneOrMore([...actions]),
    Resource: '*',
    ...(Object.keys(whose).length ? { Condition: whose } : {}),
  };
}

function principalJson(principal: SentencePrincipal, names: string[]): StatementJson['Principal'] {
  switch (principal.type) {
    // "AWS: *" and "*" mean the same in an Allow; scanners know the long form best.
    case 'anyone': return { AWS: '*' };
    case 'rolesOf': return { AWS: accountRoot(principal.account) };
    default: return { [principal.type]: oneOrMore(names) };
  }
}

function oneOrMore(values: readonly string[]): string | readonly string[] {
  return values.length === 1 ? values[0] : values;
}

import { Aws } from 'aws-cdk-lib';
import { both, fingerprint } from './conditions';
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
}

/** Who a sentence is about. `rolesOf`: a principal of that account, told by its ARN instead of by name. */
export type SentencePrincipal =
  | { readonly type: 'AWS' | 'Service'; readonly name: string }
  | { readonly type: 'rolesOf'; readonly account: string; readonly arn: string }
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

/** Everything that sentences must agree on to become one statement. Their principals are joined. */
interface Group {
  readonly first: Sentence;
  readonly sids: string[];
  readonly actions: Set<string>;
  readonly names: Set<string>;
  readonly labels: Set<string>;
}

/** ARN that stands for everybody whom an account's own policies let in. */
export function accountRoot(account: string): string {
  return `arn:${Aws.PARTITION}:iam::${account}:root`;
}

/**
 * Joins sentences that differ in their principals only. Each statement keeps a Sid of its own.
 *
 * `tight` also joins statements that differ in their actions only: shorter, but a Sid then changes with the grants around it.
 */
export function compose(sentences: readonly Sentence[], tight = false): Statement[] {
  const byPrincipal = new Map<string, Group>();
  for (const sentence of sentences) {
    const { sid, effect, actions, principal, conditions, label } = sentence;
    join(byPrincipal, [effect, sid, actions.join(), principalKind(principal), fingerprint(conditions ?? {})].join('|'), {
      first: sentence, sids: [sid], actions: new Set(actions), names: new Set(nameIn(principal)), labels: new Set([label]),
    });
  }
  let groups = [...byPrincipal.values()];
  if (tight) {
    const byActions = new Map<string, Group>();
    for (const group of groups) {
      const { first } = group;
      join(byActions, [first.effect, principalKind(first.principal), [...group.names].sort().join(), fingerprint(first.conditions ?? {})].join('|'), group);
    }
    groups = [...byActions.values()];
  }
  const taken = new Set<string>();
  return groups.map((group) => ({ json: render(group, freshSid(group.sids.join(''), taken)), labels: [...group.labels] }));
}

function join(groups: Map<string, Group>, key: string, group: Group): void {
  const known = groups.get(key);
  if (!known) {
    groups.set(key, group);
    return;
  }
  for (const sid of group.sids) if (!known.sids.includes(sid)) known.sids.push(sid);
  for (const action of group.actions) known.actions.add(action);
  for (const name of group.names) known.names.add(name);
  for (const label of group.labels) known.labels.add(label);
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

function render({ first, actions, names }: Group, sid: string): StatementJson {
  const { principal } = first;
  const whose = principal.type === 'rolesOf' ? both(first.conditions, { ArnEquals: { 'aws:PrincipalArn': oneOrMore([...names]) } }) : first.conditions;
  return {
    Sid: sid,
    Effect: first.effect,
    Principal: principalJson(principal, [...names]),
    Action: oneOrMore([...actions]),
    Resource: '*',
    ...(whose && Object.keys(whose).length ? { Condition: whose } : {}),
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

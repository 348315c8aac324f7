import { Stack, Token } from 'aws-cdk-lib';
import type { IPrincipal } from 'aws-cdk-lib/aws-iam';
import { AccountAccess } from './account-access';
import { withKnown } from './arn-patterns';
import { bindsCaller, bindsOrganization, bindsToService } from './bindings';
import { demands, plainTexts, readable } from './conditions';
import { grantsFor } from './duties';
import { lockOut, type PolicyKeeper, type ResolvedStatement } from './lock-out';
import type { ConditionValue, Conditions } from './permission';
import { administers, escalates, inVain, isForCallers, usesIn, withoutEffect } from './requested-actions';
import type { StatementJson } from './statements';
import { judgeUnbound, type ServedKey } from './unbound-services';
import { letsInWholeAccount } from './whole-account';
import { OWN_POLICY, OWN_REPLICAS, USE } from '../spec/actions';

/** The key whose policy a statement is added to. */
export interface CustomizedKey extends ServedKey {
  /** Who puts the policy; undefined where nobody knows. */
  readonly deployer?: IPrincipal;
  /** What the key asks of every direct use, where it asks anything. */
  readonly contract?: Conditions;
  /** What the statements are, where they are a whole key policy, in which somebody has to own it: `its KeyPolicy`. */
  readonly document?: string;
}

/** A statement from outside, resolved, in the grammar of IAM instead of ours. */
interface ForeignStatement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Principal?: unknown;
  readonly NotPrincipal?: unknown;
  readonly Action?: unknown;
  readonly NotAction?: unknown;
  readonly Resource?: unknown;
  readonly NotResource?: unknown;
  readonly Condition?: Conditions;
}

/** Why a statement from outside cannot stand in the policy, a sentence each. */
export function whatIsWrongWith(statement: StatementJson, key: CustomizedKey): string[] {
  const resolved = resolve(statement, key);
  const problems = resolved.Effect === 'Deny' ? wrongDenial(resolved, key) : wrongAllowances(resolved, key);
  return [...foreign(resolved), ...problems].map((problem) => `${named(resolved, key)} ${problem}`);
}

/** What a statement from outside lets named principals do that the key asks more of; undefined where there is no such thing. */
export function whatIsOutsideOfContract(statement: StatementJson, key: CustomizedKey): string | undefined {
  const { Sid, Effect, Action, Principal, Condition = {} } = resolve(statement, key);
  const { contract, access } = key;
  const uses = listOf(Action).flatMap(usesIn);
  // Services, and calls through them, bring a context of their own. Where IAM decides, the key policy denies what is outside of the contract.
  if (!contract || access === AccountAccess.DELEGATE_TO_IAM || Effect === 'Deny' || !uses.length || !awsPrincipals(Principal).length) return undefined;
  if (demands(Condition, (name) => name === 'kms:viaservice') || keeps(Condition, contract)) return undefined;
  return `${named({ Sid }, key)} allows ${uses.join(', ')} without what the key asks of every call `
    + `(${Object.values(contract).flatMap((pairs) => Object.keys(pairs)).join(', ')}): ${grantsFor(uses) ?? 'its grants'} would ask for it`;
}

/** What a statement from outside says in vain; undefined where there is no such thing. */
export function whatHasNoEffect(statement: StatementJson, key: CustomizedKey): string | undefined {
  const { Sid, Effect, Action } = resolve(statement, key);
  const lost = withoutEffect(listOf(Action));
  return lost.length ? `${named({ Sid }, key)} ${Effect === 'Deny' ? 'denies' : 'allows'} ${inVain(lost)}` : undefined;
}

/** The statement in words, if it lets everybody of an organization use the key; undefined where it does not. */
export function whoIsOfAnOrganization(statement: StatementJson, key: CustomizedKey): string | undefined {
  const { Sid, Effect, Action, Principal, Condition: conditions = {} } = resolve(statement, key);
  if (Effect === 'Deny' || key.access === AccountAccess.DELEGATE_TO_IAM || !listOf(Action).flatMap(usesIn).length) return undefined;
  const everybody = { names: awsPrincipals(Principal).filter((name) => name === '*'), conditions };
  const { account } = Stack.of(key.construct);
  const isLetIn = bindsOrganization(conditions) && letsInWholeAccount(everybody, account, { organizations: false, services: true });
  return isLetIn ? named({ Sid }, key) : undefined;
}

function named({ Sid }: Pick<ForeignStatement, 'Sid'>, { document }: CustomizedKey): string {
  return `statement '${Sid}' ${document === undefined ? 'given to addToResourcePolicy' : `of ${document}`}`;
}

function resolve(statement: StatementJson, { construct }: CustomizedKey): ForeignStatement {
  return Stack.of(construct).resolve(statement) as ForeignStatement;
}

/** What belongs into no key policy, whatever it does there. */
function foreign({ Action, NotAction, Resource, NotResource }: ForeignStatement): string[] {
  const actions = [Action, NotAction].flatMap((given) => ([] as unknown[]).concat(given ?? [])).filter((action) => action !== '*' && !/^kms:/i.test(String(action)));
  const resources = ([] as unknown[]).concat(Resource ?? [], NotResource ?? []).filter((resource) => resource !== '*');
  return [
    ...actions.map((action) => (typeof action === 'string' ? `has ${action}, which is no action of KMS: leave it out` : 'has an action that only deployment knows: write it out')),
    ...resources.map((resource) => `is about ${readable(resource)}: a key policy is about its own key only (resources: ['*'])`),
  ];
}

function wrongAllowances(statement: ForeignStatement, key: CustomizedKey): string[] {
  const { Principal, Action, Condition = {} } = statement;
  if (!Principal || !Action) {
    const missing = ['NotPrincipal', 'NotAction'].filter((name) => name in statement);
    return [`is an Allow with ${missing.join(' and ') || 'no principal or no action'}: name the principals and the actions that are allowed`];
  }
  const problems = listOf(Action).flatMap((pattern) => wrongAction(pattern, statement, key));
  const everybody = awsPrincipals(Principal).includes('*');
  if (everybody && !bindsCaller(Condition)) {
    problems.push('lets in every AWS account: name the principals, or add a condition on aws:PrincipalOrgID or kms:CallerAccount, or on aws:PrincipalArn with an account in it');
  } else {
    problems.push(...wrongAccount(statement, key));
  }
  const { problem } = judgeUnbound(statement, key);
  return problem === undefined ? problems : [...problems, problem];
}

function wrongAction(pattern: string, statement: ForeignStatement, { document }: CustomizedKey): string[] {
  const escalation = escalates(pattern);
  if (document !== undefined && OWNERSHIP.includes(pattern.toLowerCase())) return [];
  if (!escalation || (escalation === 'kms:CreateGrant' && isForServices(statement))) return [];
  const what = pattern.toLowerCase() === escalation.toLowerCase() ? pattern : `${pattern}, and with it ${escalation}`;
  // The policy of a replica is no key of ours: it has neither views nor owners to name.
  const instead = document === undefined ? INSTEAD_OF[escalation] ?? 'name the actions one by one, or use policyOwners' : 'name the actions one by one';
  return [`allows ${what}, which gives everything away: ${instead}`];
}

/** What the owners of a policy have, each by its whole name. */
const OWNERSHIP = [...OWN_POLICY, ...OWN_REPLICAS].map((action) => action.toLowerCase());

/** What to do where an action was to give all others. */
const INSTEAD_OF: Readonly<Record<string, string>> = {
  'kms:CreateGrant': "leave it out, use forService(…), or allow grants to AWS services only, by the condition Bool kms:GrantIsForAWSResource 'true'",
  'kms:ReplicateKey': 'leave it out, or use policyOwners on a multi-Region key',
};

/**
 * Naming the whole account hands the decision to its IAM policies; naming everybody of it decides for all of them. Administration is theirs already, unless
 * the account access gives them nothing.
 */
function wrongAccount({ Principal, Action, Condition = {} }: ForeignStatement, { construct, access }: CustomizedKey): string[] {
  const names = namesOf(Principal);
  const administration = names.includes('*') || access === AccountAccess.NONE;
  const uses = listOf(Action).filter((pattern) => usesIn(pattern).length || escalates(pattern));
  const given = listOf(Action).filter((pattern) => uses.includes(pattern) || (administration && administers(pattern)));
  if (access === AccountAccess.DELEGATE_TO_IAM || !given.length) return [];
  const { account } = Stack.of(construct);
  const tolerance = { organizations: given.length === uses.length, services: given.every(isForCallers) };
  if (!letsInWholeAccount({ names, conditions: Condition }, account, tolerance)) return [];
  const wayOut = 'Name the roles, or add a condition on aws:PrincipalArn that tells them apart';
  if (names.includes('*')) return [`allows ${given.join(', ')} to everybody in the whole account, with an IAM policy or without. ${wayOut}`];
  return [`allows ${given.join(', ')} to the whole account${Token.isUnresolved(account) ? ', if that is where the stack is deployed' : ''}: IAM policies would decide who ${uses.length ? 'uses' : 'administers'} '${construct.node.path}'. `
    + `${wayOut}; or choose AccountAccess.${uses.length ? 'DELEGATE_TO_IAM' : 'ADMINISTRATION_ONLY'}, which leaves that to IAM`];
}

function wrongDenial(statement: ForeignStatement, key: CustomizedKey): string[] {
  const why = lockOut(withKnown(statement, Stack.of(key.construct)) as ResolvedStatement, keeperOf(key));
  return why === undefined ? [] : [why];
}

/** Who has to be able to put the policy again. */
export function keeperOf({ construct, deployer }: Pick<CustomizedKey, 'construct' | 'deployer'>): PolicyKeeper {
  const stack = Stack.of(construct);
  return { arn: deployer && withKnown(stack.resolve(nameOf(deployer)), stack), account: stack.account };
}

function nameOf({ policyFragment: { principalJson } }: IPrincipal): unknown {
  return ([] as unknown[]).concat(principalJson.AWS ?? [])[0];
}

/** Whether these conditions ask for all that the contract asks for; they may ask for more. */
function keeps(conditions: Conditions, contract: Conditions): boolean {
  const asked = new Map(Object.entries(conditions).map(([operator, pairs]) => [operator.toLowerCase(), lowerKeys(pairs)]));
  return Object.entries(contract).every(([operator, pairs]) => Object.entries(pairs).every(([key, wanted]) => {
    const values = asked.get(operator.toLowerCase())?.get(key.toLowerCase());
    if (values !== undefined) return listOf(values).every((value) => listOf(wanted).includes(value));
    return operator === 'Null' && demands(conditions, (name) => name === key.toLowerCase());
  }));
}

function lowerKeys(pairs: Readonly<Record<string, ConditionValue>>): Map<string, ConditionValue> {
  return new Map(Object.entries(pairs).map(([key, value]) => [key.toLowerCase(), value]));
}

/** Names of AWS principals; intrinsic functions as JSON. */
function awsPrincipals(principal: unknown): string[] {
  if (typeof principal === 'string') return [principal];
  return listOf((principal as { AWS?: unknown } | undefined)?.AWS);
}

/** Names of AWS principals as `plainText` has them. */
function namesOf(principal: unknown): string[] {
  const names = typeof principal === 'string' ? principal : (principal as { AWS?: unknown } | undefined)?.AWS;
  return ([] as unknown[]).concat(names ?? []).flatMap(plainTexts);
}

function listOf(values: unknown): string[] {
  return ([] as unknown[]).concat(values ?? []).map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
}

/** Whether grants can be made for AWS services only, or by one of them: as it asks for them, and not the caller; or by a service itself, for uses of the key. */
function isForServices({ Principal, Condition = {} }: ForeignStatement): boolean {
  return bindsToService(Condition) || (isService(Principal) && bindsGrantedUses(Condition)) || Object.entries(Condition)
    .filter(([operator]) => operator.toLowerCase() === 'bool')
    .flatMap(([, pairs]) => Object.entries(pairs))
    .some(([key, value]) => key.toLowerCase() === 'kms:grantisforawsresource' && ([] as unknown[]).concat(value).every((each) => String(each) === 'true'));
}

function isService(principal: unknown): boolean {
  return typeof principal === 'object' && principal !== null && Object.keys(principal).join() === 'Service';
}

/**
 * Whether grants may be for uses of the key only, as AWS writes it for Fargate. Every CreateGrant names operations, so that `ForAllValues` is never about
 * none. KMS Developer Guide, "kms:GrantOperations".
 */
function bindsGrantedUses(conditions: Conditions): boolean {
  return Object.entries(conditions)
    .filter(([operator]) => operator.toLowerCase() === 'forallvalues:stringequals')
    .flatMap(([, pairs]) => Object.entries(pairs))
    .some(([key, operations]) => key.toLowerCase() === 'kms:grantoperations' && listOf(operations).every((operation) => `kms:${operation}` in USE));
}

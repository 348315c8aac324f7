import { fits, mayBeSame, partsOf } from './arn-patterns';
import { LATER, OWN_ACCOUNT, plainText, plainTexts, readable, wildcardsOf } from './conditions';
import type { Conditions } from './permission';
import { takesIn } from './requested-actions';
import { isWhole } from './whole-account';
import { conditionKeyFacts } from '../spec/condition-keys';

/** Who has to be able to put the policy again, and where. */
export interface PolicyKeeper {
  /** The deployer's ARN, resolved: text or an intrinsic function. Undefined where nobody knows who deploys. */
  readonly arn?: unknown;
  /** The account of the key; a token where its stack does not know. */
  readonly account: string;
}

/** A statement, resolved. */
export interface ResolvedStatement {
  readonly Principal?: unknown;
  readonly NotPrincipal?: unknown;
  readonly Action?: unknown;
  readonly NotAction?: unknown;
  readonly Condition?: Conditions;
}

const PUT = 'kms:PutKeyPolicy';

/**
 * Why a Deny statement locks the deployer out of the key's policy; undefined where it surely does not. KMS refuses a policy that whoever puts it could
 * not put again, and it asks that with the caller's own request (KMS API Reference, CreateKey and PutKeyPolicy, `BypassPolicyLockoutSafetyCheck`).
 */
export function lockOut(denial: ResolvedStatement, keeper: PolicyKeeper): string | undefined {
  const { Principal, NotPrincipal, Action, NotAction, Condition = {} } = denial;
  const takesInPut = (actions: unknown) => list(actions).some((pattern) => takesIn(pattern, PUT));
  const denied = Action === undefined ? !takesInPut(NotAction) : takesInPut(Action);
  if (!denied) return undefined;
  if (NotPrincipal !== undefined) {
    return `denies ${PUT} by NotPrincipal, which takes in every session that it does not name, the deployer's among them: `
      + "name '*' as the principal, and leave people out by a condition (ArnNotLike aws:PrincipalArn), the deployer with them";
  }
  if (!meansKeeper(Principal, keeper) || sparesKeeper(Condition, keeper)) return undefined;
  const everybody = accountsOrAll(Principal, keeper.account);
  return Object.keys(Condition).length
    ? `denies ${PUT} under conditions that may hold for the deployer (${keeper.arn === undefined ? 'whoever deploys the stack' : readable(keeper.arn)}): KMS would refuse the policy, or nobody could change it again. `
      + "Leave the action out, or leave the deployer out: 'ArnNotLike': { 'aws:PrincipalArn': […, the deployer's ARN] }"
    : `denies ${PUT} to ${everybody ? 'everybody, the deployer included' : whom(Principal, keeper)}: nobody could ever change the policy again. `
      + "Leave the action out, or leave the policy's owners out: a condition ArnNotLike aws:PrincipalArn";
}

/**
 * Whether some Allow statement may let the deployer put the policy again. KMS refuses a key without one, and takes the account's root for one as well, whose IAM
 * policies then decide (KMS Developer Guide, "Default key policy").
 */
export function isKept(statements: readonly ResolvedStatement[], keeper: PolicyKeeper): boolean {
  const isDeployer = (name: unknown) => keeper.arn === undefined || fits(name, keeper.arn, 'none', 'perhaps') || isSessionOf(name, keeper.arn);
  return statements.some(({ Principal, NotPrincipal, Action, NotAction, Condition = {} }) => {
    const takesInPut = (actions: unknown) => list(actions).some((pattern) => takesIn(pattern, PUT));
    if (Action === undefined ? takesInPut(NotAction) : !takesInPut(Action)) return false;
    const means = NotPrincipal !== undefined || accountsOrAll(Principal, keeper.account) || awsNames(Principal).some(isDeployer);
    return means && !sparesKeeper(Condition, keeper);
  });
}

/** Whether somebody is meant who is, or may turn out to be, the deployer: a Deny counts as soon as it may. */
function meansKeeper(principal: unknown, keeper: PolicyKeeper): boolean {
  return accountsOrAll(principal, keeper.account) || awsNames(principal).some((name) => mayBeKeeper(name, keeper));
}

function mayBeKeeper(name: unknown, { arn }: PolicyKeeper): boolean {
  if (arn === undefined) return false;
  if (JSON.stringify(name) === JSON.stringify(arn)) return true;
  return !isMadeByApp(name) && (fits(name, arn, 'none', 'perhaps') || isSessionOf(name, arn));
}

function whom(principal: unknown, { arn }: PolicyKeeper): string {
  const isSure = awsNames(principal).some((name) => fits(name, arn, 'none', 'surely') || isSessionOf(name, arn));
  return isSure ? 'the deployer' : 'whoever may turn out to be the deployer, once what only deployment knows is filled in';
}

/** A reference to the ARN of what a template makes, or exports by CDK's own hand: CloudFormation does not deploy with a role that it has yet to make. */
function isMadeByApp(name: unknown): boolean {
  const { 'Fn::GetAtt': attribute, 'Fn::ImportValue': exported } = (name ?? {}) as { 'Fn::GetAtt'?: unknown; 'Fn::ImportValue'?: unknown };
  return (Array.isArray(attribute) && attribute[1] === 'Arn') || /:ExportsOutputFnGetAtt\w+Arn/.test(String(exported));
}

/** Whether a session of a role is meant, or may be. Sessions have the role's name without its path. IAM User Guide, "IAM identifiers". */
function isSessionOf(session: unknown, role: unknown): boolean {
  return plainTexts(session).some((text) => {
    const [, account, name] = /^[^:]+:[^:]+:sts::([^:]+):assumed-role\/([^/]+)\//.exec(text) ?? [];
    if (name === undefined) return false;
    return plainTexts(role).map(partsOf).some(([, , , , roleAccount = account, resource = name]) => mayBeSame(account, roleAccount) && mayBeSame(name, resource.split('/').at(-1)!));
  });
}

/** Whether everybody is meant, or everybody of the account that the key is, or may be, in. */
function accountsOrAll(principal: unknown, account: string): boolean {
  return awsNames(principal).flatMap(plainTexts).some((name) => name === '*' || isWhole(name, account));
}

function awsNames(principal: unknown): unknown[] {
  if (typeof principal === 'string') return [principal];
  return ([] as unknown[]).concat((principal as { AWS?: unknown } | undefined)?.AWS ?? []);
}

/** Whether some condition surely does not hold for the deployer when it puts the policy: a role that CloudFormation signs with, over TLS, for no service. */
function sparesKeeper(conditions: Conditions, keeper: PolicyKeeper): boolean {
  return Object.entries(conditions).some(([operator, pairs]) => Object.entries(pairs)
    .some(([key, values]) => surelyFails(operator, key.toLowerCase(), ([] as unknown[]).concat(values), keeper)));
}

/** The first condition under which CloudFormation can never put the policy as this deployer; undefined where there is none. */
export function neverHolds(conditions: Conditions, keeper: PolicyKeeper): string | undefined {
  for (const [operator, pairs] of Object.entries(conditions)) {
    for (const [key, given] of Object.entries(pairs)) {
      const values = ([] as unknown[]).concat(given);
      const name = key.toLowerCase();
      // Who is told by the pattern of a condition has no other name to hold against it.
      const isTold = name === 'aws:principalarn' && plainTexts(keeper.arn).some((arn) => isWhole(arn, keeper.account));
      if (!isTold && (surelyFails(operator, name, values, keeper) || isOfPeople(operator, name, values))) return `${operator} ${key}`;
    }
  }
  return undefined;
}

/**
 * Whether a condition asks for what people, or machines in a network of one's own, bring and CloudFormation does not: it signs with a role's credentials, which say nothing
 * of MFA, from addresses of AWS, and not for a caller. IAM User Guide, "AWS global condition context keys"; "Secure API access with MFA".
 */
function isOfPeople(operator: string, key: string, values: readonly unknown[]): boolean {
  if (key === 'aws:viaawsservice') return /^Bool/i.test(operator) && only(values, 'true');
  if (/IfExists$|^ForAllValues:|Not/i.test(operator)) return false;
  if (/^null$/i.test(operator)) return /^aws:(multifactorauth(present|age)|sourcevpce?|vpcsourceip)$/.test(key) && only(values, 'false');
  return (key === 'aws:multifactorauthpresent' && only(values, 'true')) || /^aws:(multifactorauthage|sourceip|vpcsourceip|sourcevpc(e|arn)?|vpce(account|orgid|orgpaths))$/.test(key);
}

function surelyFails(written: string, key: string, values: readonly unknown[], keeper: PolicyKeeper): boolean {
  const operator = /^(?:ForAnyValue:|ForAllValues:)?(.*?)(?:IfExists)?$/i.exec(written)![1].toLowerCase();
  const negated = operator.includes('not');
  switch (key) {
    case 'aws:principalarn':
      if (keeper.arn === undefined) return true; // somebody is left out, or meant, by name: nobody here knows better
      if (negated) return values.some((value) => fits(value, keeper.arn, wildcardsOf(operator.replace('not', '')), 'surely'));
      return operator !== 'null' && !values.some((value) => fits(value, keeper.arn, wildcardsOf(operator), 'perhaps'));
    case 'aws:principalaccount': case 'kms:calleraccount':
      return negated ? values.some((value) => isOwn(value, keeper.account)) : operator !== 'null' && values.every((value) => isOther(value, keeper.account));
    // Whoever writes an organization into a policy knows that the deployer is in it; nobody here does.
    case 'aws:principalorgid': case 'aws:principalorgpaths': return negated;
    case 'aws:principalisawsservice': return operator === 'bool' && only(values, 'true');
    case 'aws:securetransport': return operator === 'bool' && only(values, 'false');
    case 'kms:bypasspolicylockoutsafetycheck': return operator === 'bool' && only(values, 'true');
    default: return isAbsent(key) && (operator === 'null' ? only(values, 'false') : !negated && !/IfExists$/i.test(written) && !/^ForAllValues:/i.test(written));
  }
}

/** Condition keys that a request to put a policy, made by a role for no service, does not carry. */
function isAbsent(key: string): boolean {
  if (/^(kms:viaservice|aws:source(arn|account|orgid|orgpaths)|aws:principalservicename(slist)?)$/.test(key)) return true;
  const facts = conditionKeyFacts(key);
  return facts !== undefined && !facts.actions.includes(PUT);
}

function only(values: readonly unknown[], wanted: string): boolean {
  return values.every((value) => String(value).toLowerCase() === wanted);
}

function isOwn(value: unknown, account: string): boolean {
  const text = plainText(value);
  return text === OWN_ACCOUNT || text === account || (text === LATER && plainText(account) === LATER);
}

function isOther(value: unknown, account: string): boolean {
  return /^\d{12}$/.test(plainText(value)) && /^\d{12}$/.test(account) && plainText(value) !== account;
}

function list(values: unknown): string[] {
  return ([] as unknown[]).concat(values ?? []).map(plainText);
}

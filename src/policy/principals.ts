import { Aws, CfnResource, Lazy, Names, Reference, Resource, Stack, Token, Tokenization } from 'aws-cdk-lib';
import type { IResolveContext } from 'aws-cdk-lib';
import { AccountPrincipal, ArnPrincipal, PrincipalBase, type IGrantable, type IPrincipal, type PrincipalPolicyFragment } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { LATER, OWN_ACCOUNT, plainText, plainTexts, readable } from './conditions';
import type { Conditions } from './permission';
import { accountNamed } from './whole-account';
import { differ, quoted } from '../app/constructs';
import { keptFor } from '../app/per-stage';
import { propertiesOf } from '../app/rendering';
import { principalProblem } from '../spec/policy-grammar';

/** One principal as a key policy can name it. */
export type PrincipalName =
  /** Known before this app is deployed: an ARN, or an account. */
  | { readonly kind: 'existing'; readonly arn: string; readonly account?: string; readonly wholeAccount: boolean }
  /**
   * A role or user that a template of this app creates. `literalArn` is for templates that cannot refer to it: undefined while its name is left to
   * CloudFormation, else a token, as an aspect may still give it another name.
   */
  | { readonly kind: 'created'; readonly arn: string; readonly element: CfnResource; readonly account: string; literalArn(): string | undefined }
  | { readonly kind: 'service'; readonly service: string }
  /** A group of users has policies of its own, and a policy is one; no resource policy can name either. */
  | { readonly kind: 'group' | 'policy' }
  /** Whoever fulfils the conditions. */
  | { readonly kind: 'anyone' };

/** Somebody who is to be allowed something. */
export interface Grantee {
  readonly principal: IPrincipal;
  readonly names: readonly PrincipalName[];
  /** Conditions that belong to the principal (`principal.withConditions(…)`). */
  readonly conditions: Conditions;
  /** What people call it: a construct path where there is one. */
  readonly label: string;
  /** Whether it says yes to identity policies that it then leaves out (`role.withoutPolicyUpdates()`), or cannot be asked. */
  readonly pretends: boolean;
}

/** What is known of a principal in the templates of a stack. */
interface KnownPrincipal {
  names?: readonly PrincipalName[];
  words?: string;
}

/** Principals once read: one deployer, or one role, is often granted something on many keys of a stack. Some have other names in other stacks. */
const knownIn = keptFor((_: Stack) => keptFor((__: IPrincipal): KnownPrincipal => ({})));

/** Reads a grantee of a key, who is to be granted `sid`, which may be by a pattern of ARNs unless that is ruled out. Throws, with the way out, where it is nobody that a key policy can name. */
export function granteeOf(grantable: IGrantable, scope: Construct, sid?: string, { byPattern = true } = {}): Grantee {
  const what = sid === undefined ? `the use of '${scope.node.path}'` : `${sid} on '${scope.node.path}'`;
  const policy = importedPolicy(grantable, scope, what);
  if (policy !== undefined) {
    const standIn = new ArnPrincipal(policy);
    return { principal: standIn, names: [{ kind: 'policy' }], conditions: {}, label: labelOf(grantable, standIn, Stack.of(scope)), pretends: true };
  }
  const principal = grantable.grantPrincipal;
  const label = labelOf(grantable, principal, Stack.of(scope));
  const fragment = fragmentOf(principal, label, scope);
  const names = namesOf(principal, fragment, label, scope, what, byPattern);
  const pretends = /ImmutableRole$/.test((principal.constructor as { PROPERTY_INJECTION_ID?: string }).PROPERTY_INJECTION_ID ?? '');
  const [name] = names;
  // A role without policy updates is a construct beside the role that it stands for.
  const own = pretends && name.kind === 'created' ? quoted(name.element) : label;
  return { principal, names, conditions: fragment.conditions as Conditions, label: own, pretends };
}

/** The name of an imported policy: no grantee to CDK, but languages without types hand it over all the same. Throws for what else is none. */
function importedPolicy(grantable: IGrantable | undefined, scope: Construct, what: string): string | undefined {
  if (grantable?.grantPrincipal) return undefined;
  const { managedPolicyArn, policyName } = (grantable ?? {}) as { readonly managedPolicyArn?: string; readonly policyName?: string };
  const policy = managedPolicyArn ?? policyName;
  if (policy !== undefined) return policy.replace(/^.*:policy\//, '');
  const given = typeof grantable === 'object' ? 'an object without a principal' : Token.isUnresolved(grantable) ? 'what only deployment knows' : String(grantable);
  throw new Error(`${given} is nobody whom '${scope.node.path}' could let in: hand over a role, or a principal (new ArnPrincipal('…')), for ${what}`);
}

function namesOf(
  principal: IPrincipal, { principalJson }: PrincipalPolicyFragment, label: string, scope: Construct, what: string, byPattern: boolean,
): readonly PrincipalName[] {
  const known = knownIn(Stack.of(scope))(principal);
  return known.names ??= isPolicy(principal) ? [{ kind: 'policy' }] : isGroup(principal) ? [{ kind: 'group' }] : Object.entries(principalJson)
    .flatMap(([type, values]) => ([] as string[]).concat(values).map((value) => nameOf(type, value, principal, label, scope, what, byPattern)));
}

/** Policies are grantees to CDK, under an ARN that throws when it is resolved. The class of their principals is not exported. */
function isPolicy(principal: IPrincipal): boolean {
  return /^(Managed)?PolicyGrantPrincipal$/.test(principal.constructor.name);
}

/** Also one that is imported under an ARN that only deployment knows. */
function isGroup(principal: IPrincipal): boolean {
  return Construct.isConstruct(principal) && 'groupArn' in principal;
}

function fragmentOf(principal: IPrincipal, label: string, scope: Construct): PrincipalPolicyFragment {
  try {
    return principal.policyFragment;
  } catch (cause) {
    const { message } = cause as Error;
    if (!/without a role/.test(message)) {
      throw new Error(`${label} cannot be told in one statement of '${scope.node.path}', grant to its principals one by one: ${readable(message.split('. ')[0])}`, { cause });
    }
    throw new Error(`${label} has no role that this app knows, so that '${scope.node.path}' cannot let it in: `
      + 'import it with its role (Function.fromFunctionAttributes(…, { functionArn, role })), or grant to the role itself', { cause });
  }
}

function nameOf(
  type: string, value: string, principal: IPrincipal, label: string, scope: Construct, what: string, byPattern: boolean,
): PrincipalName {
  switch (type) {
    case 'Service': return { kind: 'service', service: writtenOut(value, scope) };
    case 'AWS': return value === '*' ? { kind: 'anyone' } : awsName(value, principal, label, scope, what, byPattern);
    case 'LiteralString': return { kind: 'anyone' };
    default: throw new Error(`${label} is a ${type} principal, which signs in to a role and never calls KMS itself: grant to the role it assumes, for ${what}`);
  }
}

/** A service's name as templates of the key's stack show it: each ServicePrincipal of CDK has a token of its own for it, and by those one service would be several. */
function writtenOut(service: string, scope: Construct): string {
  const resolved: unknown = Stack.of(scope).resolve(service);
  return typeof resolved === 'string' ? resolved : service;
}

function awsName(arn: string, principal: IPrincipal, label: string, scope: Construct, what: string, byPattern: boolean): PrincipalName {
  const stack = Stack.of(scope);
  const token = Tokenization.reverse(arn, { failConcat: false });
  if (Reference.isReference(token) && CfnResource.isCfnResource(token.target)) {
    const element = token.target;
    if (element.cfnResourceType === 'AWS::IAM::Group') return { kind: 'group' };
    return { kind: 'created', arn, element, account: element.stack.account, literalArn: lateArn(element, principal) };
  }
  const texts = textsOf(arn, stack);
  if (texts.some((text) => /:group\//.test(text))) return { kind: 'group' };
  if (isPattern(texts)) {
    throw new Error(`${label} is a pattern, and KMS takes no wildcards in the ARN of a principal: name the role`
      + `${byPattern ? ", or grant to its account by the pattern (new AccountPrincipal('…').withConditions({ ArnLike: { 'aws:PrincipalArn': '…' } }))" : ''}, for ${what}`);
  }
  const problems = texts.flatMap((text) => (text.includes(LATER) || text.includes(OWN_ACCOUNT) ? [] : principalProblem('AWS', text) ?? []));
  if (problems.length) throw new Error(`${label} is nobody whom '${scope.node.path}' could let in: ${problems[0]}`);
  return { kind: 'existing', arn, account: accountOf(principal, texts, stack), wholeAccount: texts.some((text) => accountNamed(text) !== undefined) };
}

/** Whether a name holds wildcards, which KMS takes in no principal. */
function isPattern(texts: readonly string[]): boolean {
  return texts.some((text) => text !== '*' && /[*?]/.test(text));
}

/** The account of somebody who exists; undefined where nothing says, which then is this account. Two that deployment chooses between are none that is known. */
function accountOf({ principalAccount }: IPrincipal, arns: readonly string[], stack: Stack): string | undefined {
  const named = new Set(arns.map((arn) => accountNamed(arn) ?? /:(?:iam|sts)::([^:]+):/.exec(arn)?.[1]));
  const account = principalAccount === undefined ? (named.size === 1 ? [...named][0] : undefined) : textOf(principalAccount, stack);
  // The account root principal is of whatever account its stack turns out to be in.
  if (account === OWN_ACCOUNT || account === textOf(stack.account, stack)) return stack.account;
  return account?.includes(LATER) ? principalAccount : account;
}

/** Whether a condition on `aws:PrincipalArn` tells them: roles and users. Sessions have the ARN of their role there. IAM User Guide, "aws:PrincipalArn". */
export function isToldByArn(name: PrincipalName, stack: Stack): boolean {
  if (name.kind === 'created') return true;
  if (name.kind !== 'existing' || name.wholeAccount) return false;
  return textsOf(name.arn, stack).every((text) => text.startsWith(LATER) || /^arn:[^:]+:iam:/.test(text));
}

/** Whether a principal is told by a session of a role, which nobody has again. IAM User Guide, "AWS JSON policy elements: Principal", "Role session principals". */
export function isSession(name: PrincipalName, stack: Stack): boolean {
  return name.kind === 'existing' && textsOf(name.arn, stack).some((text) => /^arn:[^:]+:sts:/.test(text));
}

/** Whether a name is, or may be, that of a principal in a template: an element, or the name of a role or user that exists. */
export function mayBe(name: PrincipalName, principal: CfnResource | string, stack: Stack): boolean {
  switch (name.kind) {
    case 'anyone': return true;
    case 'created': return name.element === principal;
    case 'existing': {
      const own = CfnResource.isCfnResource(principal) ? identityProperties(principal).name : principal;
      if (name.wholeAccount) return name.account === undefined || !differ(name.account, stack.account);
      return typeof own === 'string' && !Token.isUnresolved(own) && textOf(name.arn, stack).split('/').includes(own);
    }
    default: return false;
  }
}

function textsOf(value: string, stack: Stack): string[] {
  return Token.isUnresolved(value) ? plainTexts(stack.resolve(value)) : [value];
}

function textOf(value: string, stack: Stack): string {
  return Token.isUnresolved(value) ? plainText(stack.resolve(value)) : value;
}

/** The ARN under the name that the role or user has at synthesis. The same token each time, so that statements about it can be joined. */
function lateArn(element: CfnResource, principal: IPrincipal): () => string | undefined {
  let arn: string | undefined;
  const produce = ({ preparing }: IResolveContext) => {
    const literal = literalArnOf(element, principal);
    if (literal !== undefined) return literal;
    // Validation comes between, and says whose name it was (`KeyPolicy.lostNames`).
    if (preparing) return '<lost name>';
    throw new Error(`the name of '${element.node.path}', by which a key policy tells it, was taken away`);
  };
  return () => (literalArnOf(element, principal) === undefined ? undefined : arn ??= Lazy.uncachedString({ produce }));
}

/** ARN of a role or user whose name is known before it is created; undefined if CloudFormation makes up the name. */
function literalArnOf(element: CfnResource, principal: IPrincipal): string | undefined {
  const { type, name, path } = identityProperties(element);
  if (typeof name !== 'string') return undefined;
  const literal = Token.isUnresolved(name) ? generatedName(principal, element) : name;
  if (!literal || Token.isUnresolved(path)) return undefined;
  return `arn:${Aws.PARTITION}:iam::${element.stack.account}:${type}${path ?? '/'}${literal}`;
}

function identityProperties(element: CfnResource): { type: string; name?: string; path?: string } {
  const given = (name: string) => propertiesOf(element).filter(([property]) => property.toLowerCase() === name).at(-1)?.[1] as string | undefined;
  const type = element.cfnResourceType === 'AWS::IAM::User' ? 'user' : 'role';
  return { type, name: given(`${type}name`), path: given('path') };
}

/** Inside of CDK's Resource. `PhysicalName.GENERATE_IF_NEEDED` makes up its name when something in another environment asks for it: here we do. */
interface NamedOnDemand {
  readonly physicalName: string;
  _enableCrossEnvironment(): void;
}

function generatedName(principal: IPrincipal, element: CfnResource): string | undefined {
  if (!Construct.isConstruct(principal) || !Resource.isResource(principal) || element.node.scope !== principal) return undefined;
  // CDK makes names of the stack's, and cuts the token for it into pieces where nobody knows that one, as of nested stacks.
  if (Token.isUnresolved(element.stack.stackName)) return undefined;
  const resource = principal as unknown as NamedOnDemand;
  try {
    resource._enableCrossEnvironment();
  } catch {
    return undefined; // CDK refuses where the name is left to CloudFormation, or the environment is not known
  }
  const name: unknown = element.stack.resolve(resource.physicalName);
  return typeof name === 'string' ? name : undefined;
}

function labelOf(grantable: IGrantable, principal: IPrincipal, stack: Stack): string {
  if (Construct.isConstruct(grantable)) return `'${grantable.node.path}'`;
  if (Construct.isConstruct(principal)) return `'${principal.node.path}'`;
  return knownIn(stack)(principal).words ??= inWords(principal, stack);
}

function inWords(principal: IPrincipal, stack: Stack): string {
  if (principal instanceof AccountPrincipal) return accountInWords(String(principal.accountId), stack);
  if (principal instanceof ArnPrincipal) return arnInWords(principal.arn, stack);
  // Principals with conditions or session tags are those that they wrap, and those that call through a service have one that calls.
  const { basePrincipal, wrapped = basePrincipal } = principal as { readonly basePrincipal?: IPrincipal; readonly wrapped?: IPrincipal };
  if (principal instanceof PrincipalBase) return wrapped ? labelOf(wrapped, wrapped, stack) : readable(stack.resolve(String(principal)));
  // Principals that stand for a policy, or for something without a role, keep it to themselves, and have no text of their own.
  const construct: unknown = Object.values(principal).find(Construct.isConstruct);
  return Construct.isConstruct(construct) ? `'${construct.node.path}'` : readable(String(principal));
}

function arnInWords(arn: string, stack: Stack): string {
  const token = Tokenization.reverse(arn, { failConcat: false });
  return Reference.isReference(token) && CfnResource.isCfnResource(token.target) ? quoted(token.target) : readable(stack.resolve(arn));
}

function accountInWords(account: string, stack: Stack): string {
  const text = textOf(account, stack);
  if (text === OWN_ACCOUNT) return "the key's own account";
  return text.includes(LATER) ? 'an account that only deployment knows' : `account ${text}`;
}

/** A name for something in messages and placeholder ARNs, unique in the app. */
export function uniqueName(scope: Construct): string {
  return Names.uniqueResourceName(scope, { maxLength: 120, separator: '-' });
}

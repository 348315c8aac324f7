import { Aws, CfnResource, Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import type { IPrincipal } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { differ } from '../app/constructs';
import { propertyOf } from '../app/rendering';
import { namePattern } from '../app/resource-names';
import { LATER, OWN_ACCOUNT, plainText } from '../policy/conditions';
import type { Conditions } from '../policy/permission';
import { takesIn } from '../policy/requested-actions';
import type { StatementJson } from '../policy/statements';
import { GeneratedName, type ResourceName } from '../spec/services';

/** A role that may use a key, as the record of its calls names it. */
export interface Issuer {
  /** `sessionIssuer.arn`; in patterns of ARNs, `*` is any text. */
  readonly arn: string;
  /** What its name begins with, as far as anybody knows: `sessionIssuer.userName`. */
  readonly name: string;
  readonly isPattern: boolean;
}

/** Roles and users as records of their calls name them, in the words of CloudTrail's `userIdentity`. */
export interface Callers {
  readonly issuers: readonly Issuer[];
  /** ARNs of users: `userIdentity.arn`. */
  readonly users: readonly string[];
}

/** Who may use a key. */
export interface Granted extends Callers {
  /** Other accounts of which somebody may: records of their calls name the account alone. */
  readonly accounts: readonly string[];
  /** Services that work with the key, for somebody or for themselves: `invokedBy`. */
  readonly services: readonly string[];
  /** Services through which anybody may. */
  readonly throughServices: readonly string[];
  /** Why nobody can tell who may. */
  readonly openBecause?: string;
}

/** Somebody that a policy names: the ARN, whose kind and account its text tells. */
interface Named {
  readonly kind: 'role' | 'user' | 'account' | 'service' | 'everybody' | 'unknown';
  readonly text: string;
  readonly value: string;
}

/** CloudFormation's names of roles. */
const ROLES: ResourceName[] = [{ resourceType: 'AWS::IAM::Role', property: 'RoleName', generated: GeneratedName.STACK_AND_ID, maxLength: 64 }];

/** Operators by which a statement names principals. */
const NAMES = /^(ForAnyValue:)?(String|Arn)(Equals|Like|EqualsIgnoreCase)$/i;

/**
 * Who may do one of the actions by these statements. Who may in an emergency only is left out: each such use is to be seen (docs/break-glass.md).
 *
 * Conditions narrow what a statement allows, and KMS enforces them: here they tell who, and nothing else. A service through which grants may be made works under them, in its own name.
 * Sources: KMS Developer Guide, "kms:ViaService", "Grants in AWS KMS"; CloudTrail User Guide, "CloudTrail userIdentity element".
 */
export function grantedBy(statements: readonly StatementJson[], actions: readonly string[], scope: IConstruct): Granted {
  const everyday = statements.filter(({ Sid }) => !/^BreakGlass/.test(Sid ?? ''));
  const all = everyday.filter((statement) => allowsOne(statement, actions)).map((statement) => ofStatement(statement, scope));
  const underGrants = everyday.filter((statement) => allowsOne(statement, ['kms:CreateGrant'])).flatMap(({ Condition = {} }) => viaServices(Condition));
  const issuers = new Map(all.flatMap((each) => each.issuers).map((issuer) => [issuer.arn, issuer]));
  const services = unique([...all.flatMap((each) => each.services), ...underGrants]);
  if (services.includes('ec2.amazonaws.com')) {
    // EBS asks KMS under a role that EC2 shows in records and that nobody can see in IAM.
    const arn = `arn:${Aws.PARTITION}:iam::${Stack.of(scope).account}:role/aws:ec2-infrastructure`;
    issuers.set(arn, { arn, name: 'aws:ec2-infrastructure', isPattern: false });
  }
  return {
    issuers: [...issuers.values()],
    users: unique(all.flatMap((each) => each.users)),
    accounts: unique(all.flatMap((each) => each.accounts)),
    services,
    throughServices: unique(all.flatMap((each) => each.throughServices)),
    openBecause: all.map((each) => each.openBecause).find((why) => why !== undefined),
  };
}

const NOBODY: Granted = { issuers: [], users: [], accounts: [], services: [], throughServices: [] };

/** A statement of a policy that this library did not write: it may name whom and what it is not about. */
interface Foreign {
  readonly NotAction?: string | readonly string[];
  readonly NotPrincipal?: unknown;
}

function allowsOne(statement: StatementJson, actions: readonly string[]): boolean {
  const { NotAction } = statement as Foreign;
  const takesOneIn = (patterns: string | readonly string[], action: string) => list(patterns).some((pattern) => takesIn(pattern, action));
  return actions.some((action) => (NotAction === undefined ? takesOneIn(statement.Action, action) : !takesOneIn(NotAction, action)));
}

function ofStatement(statement: StatementJson, scope: IConstruct): Granted {
  const { Principal, Condition = {} } = statement;
  const via = viaServices(Condition);
  const all = (statement as Foreign).NotPrincipal === undefined ? namedIn(Principal, scope) : [EVERYBODY];
  const meant = all.flatMap((who) => (who.kind === 'everybody' || who.kind === 'account' ? narrowed(who, Condition, scope) : [who]));
  const parts = meant.map((who) => ofNamed(who, via, scope));
  const joined = (of: (part: Granted) => readonly string[]) => parts.flatMap(of);
  return {
    issuers: parts.flatMap(({ issuers }) => issuers),
    users: joined(({ users }) => users),
    accounts: joined(({ accounts }) => accounts),
    services: [...joined(({ services }) => services), ...via],
    throughServices: joined(({ throughServices }) => throughServices),
    openBecause: parts.map(({ openBecause }) => openBecause).find((why) => why !== undefined),
  };
}

function ofNamed({ kind, text, value }: Named, via: readonly string[], scope: IConstruct): Granted {
  const account = accountIn(text);
  const isForeign = account !== undefined && account !== OWN_ACCOUNT && account !== LATER && differ(account, Stack.of(scope).account);
  if (isForeign) return { ...NOBODY, accounts: [account] };
  switch (kind) {
    case 'service': return { ...NOBODY, services: [value, ...inRecords(text)] };
    case 'user': return { ...NOBODY, users: [value] };
    case 'role': return { ...NOBODY, issuers: [issuerOf(value, text, scope)] };
    default: return via.length ? { ...NOBODY, throughServices: via } : { ...NOBODY, openBecause: OPEN[kind] };
  }
}

const OPEN: Readonly<Record<string, string>> = {
  account: 'its policy leaves to IAM policies of the account who may use it',
  everybody: 'its policy lets in whoever fulfils conditions',
  unknown: 'its policy lets in somebody whom only deployment knows',
};

/** Whom a statement for a whole account, or for everybody, means by `aws:PrincipalArn`. */
function narrowed(who: Named, conditions: Conditions, scope: IConstruct): Named[] {
  const arns = valuesOf(conditions, 'aws:principalarn');
  if (!arns.length) return [who];
  // An ARN that ends in `root` is that of the root user, which uses no key.
  return arns.flatMap((arn) => namedBy(arn, scope)).filter(({ text }) => !text.endsWith(':root'));
}

function namedIn(principal: StatementJson['Principal'], scope: IConstruct): Named[] {
  if (typeof principal === 'string') return [EVERYBODY];
  return Object.entries(principal).flatMap(([type, values]) => list(values).flatMap((value): Named[] => {
    if (type === 'Service') return [{ kind: 'service', text: textOf(value, scope), value }];
    return type === 'AWS' ? namedBy(value, scope) : [{ kind: 'unknown', text: '', value }];
  }));
}

/** The roles and users that a principal stands for; whoever else it may stand for, like a whole account, is told by `isMore`. */
export function callersOf({ policyFragment: { principalJson } }: IPrincipal, scope: IConstruct): Callers & { readonly isMore: boolean } {
  const all = namedIn(principalJson, scope);
  const of = (kind: Named['kind']) => all.filter((who) => who.kind === kind);
  return {
    issuers: of('role').map(({ value, text }) => issuerOf(value, text, scope)),
    users: of('user').map(({ value }) => value),
    isMore: all.some(({ kind }) => kind !== 'role' && kind !== 'user'),
  };
}

/** All of several, each once. */
export function allCallers(callers: readonly Callers[]): Callers {
  const issuers = new Map(callers.flatMap((each) => each.issuers).map((issuer) => [issuer.arn, issuer]));
  return { issuers: [...issuers.values()], users: unique(callers.flatMap(({ users }) => users)) };
}

const EVERYBODY: Named = { kind: 'everybody', text: '*', value: '*' };

/** One principal; of a session of a role, whose ARN leaves the role's path out, that role under any path. */
function namedBy(value: string, scope: IConstruct): Named[] {
  const one = named(value, scope);
  const [, before, role] = /^(.*):assumed-role\/([^/]+)\//.exec(one.text) ?? [];
  if (role === undefined || value !== one.text) return [one];
  // Its records name the role.
  const roles = before.replace(':sts:', ':iam:');
  return [`${roles}:role/${role}`, `${roles}:role/*/${role}`].map((arn) => ({ kind: 'role', text: arn, value: arn }));
}

function named(value: string, scope: IConstruct): Named {
  if (value === '*') return EVERYBODY;
  const text = textOf(value, scope);
  const target = targetOf(value, scope);
  if (target?.cfnResourceType === 'AWS::IAM::Role') return { kind: 'role', text, value };
  if (target?.cfnResourceType === 'AWS::IAM::User') return { kind: 'user', text, value };
  if (/^\d{12}$/.test(text) || text.endsWith(':root')) return { kind: 'account', text: /^\d/.test(text) ? `arn:aws:iam::${text}:root` : text, value };
  if (/:user\//.test(text)) return { kind: 'user', text, value };
  return { kind: text === LATER ? 'unknown' : 'role', text, value };
}

function issuerOf(arn: string, text: string, scope: IConstruct): Issuer {
  const target = targetOf(arn, scope);
  const literal = text.split('/').at(-1)!;
  const name = target ? namePattern(target, ROLES) ?? '' : literal.includes(LATER) ? '' : literal;
  const known = Token.isUnresolved(name) ? '' : name.split(/[*?]/)[0];
  const isPattern = /[*?]/.test(text);
  // Event patterns know `*` alone, and no two of them in a row.
  return { arn: isPattern ? arn.replace(/[*?]+/g, '*') : arn, name: known, isPattern };
}

/** A role that a resource names: without a reference where it is in another stack, which may wait for the key. Undefined where nobody knows its name then. */
export function issuerOfRole(role: CfnResource | string, scope: IConstruct): Issuer | undefined {
  if (typeof role === 'string') return issuerOf(role, textOf(role, scope), scope);
  const name = namePattern(role, ROLES);
  const known = name === undefined || Token.isUnresolved(name) ? '' : name.split('*')[0];
  if (role.stack === Stack.of(scope)) return { arn: role.getAtt('Arn').toString(), name: known, isPattern: false };
  const path = propertyOf(role, 'Path') ?? '/';
  if (name === undefined || typeof path !== 'string' || Token.isUnresolved(path)) return undefined;
  const arn = `arn:${Aws.PARTITION}:iam::${role.stack.account}:role${path}${name}`;
  return issuerOf(arn, textOf(arn, scope), scope);
}

/** The resource of the app that an ARN is of: by CDK's reference to it, or by its logical id, as policies have it that were resolved before (`Key.fromCfnKey`). */
function targetOf(value: string, scope: IConstruct): CfnResource | undefined {
  const token = Token.isUnresolved(value) ? Tokenization.reverse(value, { failConcat: false }) : undefined;
  if (!token) return undefined;
  if (Reference.isReference(token)) return CfnResource.isCfnResource(token.target) ? token.target : undefined;
  const stack = Stack.of(scope);
  const { 'Fn::GetAtt': attribute } = Object(stack.resolve(token)) as { readonly 'Fn::GetAtt'?: unknown };
  const [logicalId, name] = Array.isArray(attribute) ? attribute as unknown[] : [];
  if (name !== 'Arn') return undefined;
  const resources = stack.node.findAll().filter(CfnResource.isCfnResource);
  return resources.find((resource) => resource.stack === stack && stack.resolve(resource.logicalId) === logicalId);
}

function accountIn(arn: string): string | undefined {
  return /^arn:[^:]*:(?:iam|sts):[^:]*:([^:]*):/.exec(arn)?.[1];
}

/** Services through which a statement lets call, as `invokedBy` names them: `dynamodb.*.amazonaws.com` is `dynamodb.amazonaws.com` there. */
function viaServices(conditions: Conditions): string[] {
  return unique(valuesOf(conditions, 'kms:viaservice').flatMap((value) => inRecords(plainText(value))));
}

function valuesOf(conditions: Conditions, name: string): string[] {
  return Object.entries(conditions).filter(([operator]) => NAMES.test(operator))
    .flatMap(([, pairs]) => Object.entries(pairs).filter(([key]) => key.toLowerCase() === name).flatMap(([, values]) => list(values)));
}

function inRecords(service: string): string[] {
  const [name] = service.split('.');
  return /^[\w-]+$/.test(name) ? [`${name}.amazonaws.com`] : [];
}

function textOf(value: string, scope: IConstruct): string {
  return Token.isUnresolved(value) ? plainText(Stack.of(scope).resolve(value)) : value;
}

/** Values of a policy, which may be CloudFormation's functions where somebody wrote it as JSON: those are made tokens. */
function list(values: string | readonly string[]): string[] {
  return ([] as unknown[]).concat(values).map((value) => (typeof value === 'string' ? value : Token.asString(value)));
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

/** All that one and the other let in. */
export function merged(one: Granted, other: Granted): Granted {
  const both = <T>(of: (granted: Granted) => readonly T[]) => [...new Set([...of(one), ...of(other)])];
  const issuers = new Map(both(({ issuers: each }) => each).map((issuer) => [issuer.arn, issuer]));
  return {
    issuers: [...issuers.values()],
    users: both(({ users }) => users),
    accounts: both(({ accounts }) => accounts),
    services: both(({ services }) => services),
    throughServices: both(({ throughServices }) => throughServices),
  };
}

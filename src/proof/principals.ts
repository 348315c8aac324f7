import { freshAmong } from './domains';
import { arnGlobOf, globOf, samples } from './globs';
import type { Glob } from './globs';
import type { KeyWorld, PrincipalPattern } from './types';
import type { Caller, Condition, IdentityFacts, NamedPolicy, NamedPrincipal, Policy, PolicyDocument, World } from '../authz';
import { parseOperator } from '../spec/condition-operators';

/**
 * Principals that represent all principals: those that policies and the world name; and for each account that somebody speaks of, and one nobody
 * speaks of, a role, a user and the root user that nobody names, one for each way in which patterns for principals can tell them apart.
 */

/** What an identity may carry besides what authorization reads: policies that it has and nobody here knows. */
interface PartlyKnown extends IdentityFacts {
  readonly managedPolicyArns?: readonly string[];
}

/** The policies of whom nobody knows. */
const ANYTHING: PolicyDocument = { Version: '2012-10-17', Statement: { Sid: 'Anything', Effect: 'Allow', Action: '*', Resource: '*' } };
const UNKNOWN_POLICIES = { name: 'any policy', document: ANYTHING };

/** Name of the principals that nobody names. */
export const ANY = 'any-principal';
const ANY_SERVICE = 'any-service';
const SERVICE_LETTER = /^[a-z0-9.-]$/;
const NAME = /^[\w+=,.@/:-]$/;
const NAME_END = /^[\w+=,.@-]$/;
const ACCOUNT_LETTER = /^[\d:]$/;
/** Of a federated user, whose names have no path. */
const SESSION_LETTER = /^[\w+=,.@-]$/;
/** Condition keys that tell a federated user's session from the sessions of roles. */
const TELLING_FEDERATED = new Set(['aws:principalarn', 'aws:principaltype', 'aws:userid', 'aws:username']);

/** Principals that represent all, and a world that knows them. */
export interface Principals {
  readonly all: readonly string[];
  /** Those of them that somebody names: for each of the others there are more of its kind. */
  readonly named: ReadonlySet<string>;
  /** Why they may not represent all. */
  readonly incomplete?: string;
  /** A world that knows a principal. */
  worldOf(principal: string): World;
  /** The same, where policies that nobody knows allow nothing: what is allowed then needs no IAM policy besides those that are known. */
  knownToAllow(): Principals;
}

/** The conditions, and what else tells principals apart. */
export interface Distinctions {
  readonly policies: readonly Policy[];
  readonly patterns: readonly PrincipalPattern[];
}

export function principalsOf({ key, world, owners = [] }: KeyWorld, { policies, patterns }: Distinctions): Principals {
  const [, partition, , , home] = key.arn.split(':');
  const named = policies.flatMap(({ statements }) => statements.flatMap(({ principals }) => principals?.named ?? []));
  const conditions = policies.flatMap(({ statements }) => statements.flatMap((statement) => statement.conditions));
  const namedArns = named.flatMap((one) => (one.kind === 'arn' ? [one.arn] : []));
  const namedServices = named.flatMap((one) => (one.kind === 'service' ? [one.service] : []));
  const arns = [...namedArns, ...patterns.filter(isCallerArn), ...world.identities.map(({ arn }) => arn), ...owners.filter(isCallerArn)];
  const services = [...namedServices, ...patterns.filter(isService)];
  const unnamedServices = servicesBeside(services, conditions, patterns, partition);
  const wild = arnGlobs(conditions, patterns);
  // Of those that match a pattern there are others than who is named.
  const globs = wild.length === 0 ? [] : [...wild, ...[...new Set(arns)].map((arn) => globOf(arn, { wildcards: false }))];
  const texts = [...arns, ...patterns, ...conditions.flatMap(({ wanted }) => wanted)];
  const accounts = accountsOf(partition, [home, ...accountIds(named), ...texts.flatMap(accountIdsIn)], globs, conditions);
  const federated = conditions.some(({ key: name }) => TELLING_FEDERATED.has(name.toLowerCase()));
  const unnamed = accounts && accounts.flatMap((account) => ofAccount(partition, account, { globs, taken: new Set(arns), federated }));
  const strangers = (unnamed ?? []).flatMap((some) => some ?? []);
  const sessions = federated ? arns.flatMap(federatedSessionOf) : [];
  const all = [...new Set([...arns.filter((arn) => CALLER.test(arn)), ...strangers, ...sessions, ...services, ...unnamedServices ?? []])];
  const complete = unnamedServices && unnamed && unnamed.every((some) => some !== undefined);
  const withUnknown = (unknown: readonly NamedPolicy[]): Principals => ({
    all: sorted(all, home),
    named: new Set([...arns, ...services]),
    worldOf: worldsWith(world, all, unknown),
    knownToAllow: () => withUnknown([]),
    incomplete: complete ? undefined : 'the patterns for principals overlap in too many ways',
  });
  return withUnknown([UNKNOWN_POLICIES]);
}

function accountIds(named: readonly NamedPrincipal[]): string[] {
  return named.flatMap((one) => (one.kind === 'account' ? [one.account] : []));
}

const accountIdsIn = (text: string): string[] => text.match(/(?<!\d)\d{12}(?!\d)/g) ?? [];

/** The session that a user named in a policy may have by GetFederationToken. */
function federatedSessionOf(arn: string): string[] {
  const [, start, account, name] = /^(arn:[^:]*):iam::([^:]*):user\/(?:.*\/)?([^/]+)$/.exec(arn) ?? [];
  return start === undefined ? [] : [`${start}:sts::${account}:federated-user/${name}`];
}

/** Those of other accounts first, then who is named: what a reader is to see first. */
function sorted(principals: readonly string[], home: string): string[] {
  const rank = (principal: string) => {
    if (!principal.startsWith('arn:')) return principal.startsWith(ANY_SERVICE) ? 4 : 3;
    if (!principal.includes(ANY)) return 2;
    return principal.split(':')[4] === home ? 1 : 0;
  };
  return [...principals].sort((one, other) => rank(one) - rank(other));
}

/**
 * Whom the world does not name may have any policy, and who has policies that nobody knows may be allowed anything. Names are unique in an account,
 * whatever their paths: of two that have one name each has a world of its own.
 *
 * @param unknown what stands for the policies that nobody knows
 */
function worldsWith(world: World, principals: readonly string[], unknown: readonly NamedPolicy[]): (principal: string) => World {
  const known = world.identities.map((identity: PartlyKnown) => federating(
    identity.managedPolicyArns?.length ? { ...identity, policies: [...identity.policies ?? [], ...unknown] } : identity));
  const taken = new Map(known.map(({ arn }) => [withoutPath(arn), arn]));
  const common: IdentityFacts[] = [...known];
  const apart = new Map<string, World>();
  for (const principal of principals) {
    const identity = identityOf(principal);
    if (identity === undefined) continue;
    const name = withoutPath(identity);
    const other = taken.get(name);
    // A session does not tell the path of its role: it is of the one that is known.
    if (other === identity || (other !== undefined && identity !== principal)) continue;
    const stranger = federating({ arn: identity, policies: unknown });
    if (other === undefined) common.push(stranger);
    else apart.set(principal, { identities: [...known.filter(({ arn }) => withoutPath(arn) !== name), stranger] });
    if (other === undefined) taken.set(name, identity);
  }
  const all: World = { identities: common };
  return (principal) => apart.get(principal) ?? all;
}

/** GetFederationToken takes the session's policies from who calls it: nobody knows them, and without any the session may do nothing by IAM. */
function federating(identity: IdentityFacts): IdentityFacts {
  return identity.arn.includes(':user/') && !identity.sessionPolicies?.length ? { ...identity, sessionPolicies: [UNKNOWN_POLICIES] } : identity;
}

const SESSION = /^(arn:[^:]*):sts::([^:]*):(assumed-role|federated-user)\/([^/]+)/;
const IDENTITY = /^arn:[^:]*:iam::[^:]*:(?:role|user)\/./;

/** The role or user behind a principal; undefined for root users, services, and what cannot call. */
function identityOf(principal: string): string | undefined {
  if (IDENTITY.test(principal)) return principal;
  const [, start, account, type, name] = SESSION.exec(principal) ?? [];
  return start === undefined ? undefined : `${start}:iam::${account}:${type === 'assumed-role' ? 'role' : 'user'}/${name}`;
}

function withoutPath(arn: string): string {
  const parts = arn.split('/');
  return `${parts[0]}/${parts[parts.length - 1]}`;
}

/** What tells strangers apart: patterns, and names that others have. */
interface Told {
  readonly globs: readonly Glob[];
  readonly taken: ReadonlySet<string>;
  readonly federated: boolean;
}

/** A role, a user and the root user, so that each set of patterns that one can match has one. */
function ofAccount(partition: string, account: string, { globs, taken, federated }: Told): (string[] | undefined)[] {
  const start = `arn:${partition}:iam::${account}`;
  const alike = (kind: string, allowed: RegExp) => strangersLike(kind, globs, taken, allowed);
  return [
    [`${start}:root`],
    ...['role', 'user'].map((kind) => alike(`${start}:${kind}/`, NAME)),
    ...(federated ? [alike(`arn:${partition}:sts::${account}:federated-user/`, SESSION_LETTER)] : []),
  ];
}

/** A stranger that no pattern tells from others, and one for each set of patterns that tells it. A name has neither a slash at its end nor a colon. */
function strangersLike(start: string, globs: readonly Glob[], taken: ReadonlySet<string>, allowed: RegExp): string[] | undefined {
  const fresh = freshAmong(taken, `${start}${ANY}`);
  if (globs.length === 0) return [fresh];
  const found = samples([globOf(`${start}?*`, { colons: false }), ...globs], { allowed, last: NAME_END, matchFirst: true, after: start });
  return found && [fresh, ...found.map(({ text }) => `${start}${text}`)];
}

/** Patterns for ARNs of principals: in conditions, and in what is claimed. */
function arnGlobs(conditions: readonly Condition[], patterns: readonly PrincipalPattern[]): Glob[] {
  const compared = conditions.filter(({ key }) => key.toLowerCase() === 'aws:principalarn').flatMap(({ operator, wanted }) => {
    const name = parseOperator(operator)?.name ?? '';
    const options = { wildcards: name.endsWith('Like'), ignoreCase: name.endsWith('IgnoreCase') };
    const read = name.startsWith('Arn') ? arnGlobOf : (text: string) => globOf(text, options);
    return wanted.map((text) => read(withoutVariables(text)));
  });
  // A name stands behind a path, or behind none.
  const names = conditions.filter(({ key }) => key.toLowerCase() === 'aws:username').flatMap(({ operator, wanted }) => wanted.flatMap((text) =>
    ['arn:*:user/', 'arn:*:user/*/'].map((start) => globOf(`${start}${withoutVariables(text)}`, { ignoreCase: operator.includes('IgnoreCase') }))));
  // Of a federated user it is `account:name`.
  const ids = conditions.filter(({ key }) => key.toLowerCase() === 'aws:userid').flatMap(({ wanted }) =>
    wanted.map((text) => globOf(`arn:*:sts::${withoutVariables(text).replace(':', ':federated-user/')}`)));
  const others = patterns.filter((pattern) => isWild(pattern) && !isServices(pattern)).map((pattern) => globOf(pattern));
  return eachOnce([...compared, ...names, ...ids, ...others]);
}

/** An Allow and a Deny often have the same list: patterns that are the same tell nobody apart. */
function eachOnce(globs: readonly Glob[]): Glob[] {
  return [...new Map(globs.map((glob) => [JSON.stringify(glob), glob])).values()];
}

const withoutVariables = (text: string): string => text.replace(/\$\{[^}]*\}/g, '*');

/** The accounts that somebody speaks of, and another one; and one for each way in which patterns for principals, or for accounts, can go on behind it. */
function accountsOf(partition: string, spoken: readonly string[], globs: readonly Glob[], conditions: readonly Condition[]): string[] | undefined {
  // The user id of a root user is its account's.
  const patterns = conditions.filter(({ key }) => ['kms:calleraccount', 'aws:principalaccount', 'aws:userid'].includes(key.toLowerCase()))
    .flatMap(({ wanted }) => wanted.map(withoutVariables)).filter((text) => /[*?]/.test(text));
  const found = ['iam', 'sts'].map((service) => {
    const start = `arn:${partition}:${service}::`;
    const accounts = [...new Set([...spoken, ...patterns])].map((text) => globOf(`${start}${text}:`));
    return samples([globOf(`${start}????????????:`, { colons: false }), ...globs, ...accounts], {
      letters: '9876543210', allowed: ACCOUNT_LETTER, matchFirst: true, after: start, beginnings: true,
    });
  });
  const texted = found.map((some) => some?.map(({ text }) => text.slice(0, -1)));
  return texted.every((some) => some !== undefined) ? [...new Set([...spoken, ...texted.flat()])] : undefined;
}

/** Services that nobody names, one for each set of patterns for their names that it can match. */
function servicesBeside(
  named: readonly string[], conditions: readonly Condition[], patterns: readonly PrincipalPattern[], partition: string,
): string[] | undefined {
  const compared = conditions.filter(({ key }) => key.toLowerCase().startsWith('aws:principalservicename'))
    .flatMap(({ operator, wanted }) => wanted.map((text) => globOf(withoutVariables(text), { ignoreCase: operator.includes('IgnoreCase') })));
  const texts = [...compared, ...patterns.filter((pattern) => isServices(pattern)).map((pattern) => globOf(pattern))];
  const fresh = `${freshAmong(new Set(named.map((service) => service.split('.')[0])), ANY_SERVICE)}.amazonaws.com`;
  if (texts.length === 0) return [fresh];
  const domains = ['amazonaws.com', ...(partition === 'aws-cn' ? ['amazonaws.com.cn'] : [])];
  const found = domains.map((domain) =>
    samples([globOf(`?*.${domain}`), ...texts, ...named.map((service) => globOf(service))], { allowed: SERVICE_LETTER, matchFirst: true }));
  return found.every((some) => some !== undefined) ? [fresh, ...found.flat().map(({ text }) => text)] : undefined;
}

const isService = (text: string): boolean => /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(text);
/** Whether a pattern has wildcards, `*` alone apart: that one is everybody. */
export const isWild = (text: string): boolean => text !== '*' && /[*?]/.test(text);
/** Whether a pattern is one for services. */
const isServices = (pattern: PrincipalPattern): boolean => isWild(pattern) && /^[a-z0-9.*?-]+\.amazonaws\.com(\.cn)?$/i.test(pattern);
const ACCOUNT = /^(\d{12})$|^arn:[^:]*:iam::(\d{12}):root$/;
/** Whether a pattern means everybody of an account. */
export const isAccount = (text: string): boolean => text === '*' || ACCOUNT.test(text);

function isCallerArn(text: string): boolean {
  return text.startsWith('arn:') && !isWild(text);
}

const CALLER = /^arn:[^:]*:(?:iam::[^:]*:(?:root|role\/.+|user\/.+)|sts::[^:]*:(?:assumed-role\/[^/]+\/[^/]+|federated-user\/[^/]+))$/;

/** Whether a claim speaks of a principal. */
export function covers(pattern: PrincipalPattern, caller: Caller): boolean {
  if (pattern === '*') return true;
  if (caller.kind === 'service') return isServices(pattern) ? matches(pattern, caller.principal) : caller.principal === pattern;
  if (isServices(pattern)) return false;
  const [account, id, inArn] = ACCOUNT.exec(pattern) ?? [];
  if (account !== undefined) return caller.account === (id ?? inArn);
  const names = [caller.ownArn, caller.issuerArn, caller.principalArn].filter((name) => name !== undefined);
  if (!isWild(pattern)) return names.includes(pattern);
  return names.some((name) => matches(pattern, name));
}

function matches(pattern: PrincipalPattern, name: string): boolean {
  return new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 's').test(name);
}

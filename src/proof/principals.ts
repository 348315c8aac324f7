import { arnGlobOf, globOf, samples } from './globs';
import type { Glob } from './globs';
import type { KeyWorld, PrincipalPattern } from './types';
import type { Caller, Condition, IdentityFacts, NamedPrincipal, Policy, PolicyDocument, World } from '../authz';
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
const ANY_SERVICE = 'any-service.amazonaws.com';
const NAME = /^[\w+=,.@/:-]$/;
const NAME_END = /^[\w+=,.@-]$/;
const DIGITS = /^\d$/;

/** Principals that represent all, and a world that knows them. */
export interface Principals {
  readonly all: readonly string[];
  /** Those of them that somebody names: for each of the others there are more of its kind. */
  readonly named: ReadonlySet<string>;
  /** Why they may not represent all. */
  readonly incomplete?: string;
  /** A world that knows a principal. */
  worldOf(principal: string): World;
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
  const services = [...namedServices, ...patterns.filter(isService), ...servicesIn(conditions)];
  const wild = arnGlobs(conditions, patterns);
  // Of those that match a pattern there are others than who is named.
  const globs = wild.length === 0 ? [] : [...wild, ...[...new Set(arns)].map((arn) => globOf(arn, { wildcards: false }))];
  const accounts = accountsOf(home, [...arns, ...patterns, ...conditions.flatMap(({ wanted }) => wanted)], named, conditions);
  const unnamed = accounts && accounts.flatMap((account) => ofAccount(partition, account, globs, conditions));
  const strangers = (unnamed ?? []).flatMap((some) => some ?? []);
  const all = [...new Set([...arns.filter((arn) => CALLER.test(arn)), ...strangers, ...services, ANY_SERVICE])];
  return {
    all: sorted(all, home),
    named: new Set([...arns, ...services]),
    worldOf: worldsWith(world, all),
    incomplete: unnamed && unnamed.every((some) => some !== undefined) ? undefined : 'the patterns for principals overlap in too many ways',
  };
}

/** Those of other accounts first, then who is named: what a reader is to see first. */
function sorted(principals: readonly string[], home: string): string[] {
  const rank = (principal: string) => {
    if (!principal.startsWith('arn:')) return principal === ANY_SERVICE ? 4 : 3;
    if (!principal.includes(ANY)) return 2;
    return principal.split(':')[4] === home ? 1 : 0;
  };
  return [...principals].sort((one, other) => rank(one) - rank(other));
}

/**
 * Whom the world does not name may have any policy, and who has policies that nobody knows may be allowed anything. Names are unique in an account,
 * whatever their paths: of two that have one name each has a world of its own.
 */
function worldsWith(world: World, principals: readonly string[]): (principal: string) => World {
  const known = world.identities.map((identity: PartlyKnown) =>
    (identity.managedPolicyArns?.length ? { ...identity, policies: [...identity.policies ?? [], UNKNOWN_POLICIES] } : identity));
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
    const stranger: IdentityFacts = { arn: identity, policies: [UNKNOWN_POLICIES] };
    if (other === undefined) common.push(stranger);
    else apart.set(principal, { identities: [...known.filter(({ arn }) => withoutPath(arn) !== name), stranger] });
    if (other === undefined) taken.set(name, identity);
  }
  const all: World = { identities: common };
  return (principal) => apart.get(principal) ?? all;
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

/** A role, a user and the root user, so that each set of patterns that one can match has one. */
function ofAccount(partition: string, account: string, globs: readonly Glob[], conditions: readonly Condition[]): (string[] | undefined)[] {
  const start = `arn:${partition}:iam::${account}`;
  const federated = `arn:${partition}:sts::${account}:federated-user`;
  const asked = conditions.some(({ key, wanted }) =>
    key.toLowerCase() === 'aws:principalarn' && wanted.some((text) => text.includes(':sts:') || /^[^:]*[*?]|^arn:[^:]*:[^:]*[*?]/.test(text)));
  return [
    [`${start}:root`],
    ...['role', 'user'].map((kind) => alike(`${start}:${kind}/`, globs)),
    ...(asked ? [alike(`${federated}/`, globs)] : []),
  ];
}

/** A stranger that no pattern tells from others, and one for each set of patterns that tells it. A name has neither a slash at its end nor a colon. */
function alike(start: string, globs: readonly Glob[]): string[] | undefined {
  const fresh = `${start}${ANY}`;
  if (globs.length === 0) return [fresh];
  const found = samples([globOf(`${start}?*`, { colons: false }), ...globs], { allowed: NAME, last: NAME_END, matchFirst: true });
  return found && [fresh, ...found.map(({ text }) => text)];
}

/** Patterns for ARNs of principals: in conditions, and in what is claimed. */
function arnGlobs(conditions: readonly Condition[], patterns: readonly PrincipalPattern[]): Glob[] {
  const compared = conditions.filter(({ key }) => key.toLowerCase() === 'aws:principalarn').flatMap(({ operator, wanted }) => {
    const name = parseOperator(operator)?.name ?? '';
    const options = { wildcards: name.endsWith('Like'), ignoreCase: name.endsWith('IgnoreCase') };
    const read = name.startsWith('Arn') ? arnGlobOf : (text: string) => globOf(text, options);
    return wanted.map((text) => read(text.replace(/\$\{[^}]*\}/g, '*')));
  });
  const names = conditions.filter(({ key }) => key.toLowerCase() === 'aws:username')
    .flatMap(({ operator, wanted }) => wanted.map((text) => globOf(`arn:*:user/${text}`, { ignoreCase: operator.includes('IgnoreCase') })));
  return [...compared, ...names, ...patterns.filter(isWild).map((pattern) => globOf(pattern))];
}

/** The key's account, those that somebody speaks of, and another one; and for patterns of accounts one each. */
function accountsOf(
  home: string, texts: readonly string[], named: readonly NamedPrincipal[], conditions: readonly Condition[],
): string[] | undefined {
  const written = texts.flatMap((text) => text.match(/(?<!\d)\d{12}(?!\d)/g) ?? []);
  const spoken = [...named.flatMap((one) => (one.kind === 'account' ? [one.account] : [])), ...written];
  const patterns = conditions.filter(({ key }) => ['kms:calleraccount', 'aws:principalaccount'].includes(key.toLowerCase()))
    .flatMap(({ wanted }) => wanted).filter((text) => /[*?]/.test(text));
  const inArns = texts.filter((text) => text.startsWith('arn:')).map((text) => text.split(':')[4] ?? '').filter((text) => text !== '*' && isWild(text));
  const globs = [...new Set([...patterns, ...inArns])].map((text) => globOf(text));
  const literals = [...new Set([home, ...spoken])].map((text) => globOf(text));
  const found = samples([globOf('????????????'), ...globs, ...literals], { letters: '9876543210', allowed: DIGITS, matchFirst: true });
  return found && [...new Set([home, ...found.map(({ text }) => text), ...spoken])];
}

/** Names of services that conditions speak of. */
function servicesIn(conditions: readonly Condition[]): string[] {
  const texts = conditions.filter(({ key }) => key.toLowerCase().startsWith('aws:principalservicename')).flatMap(({ wanted }) => wanted);
  return texts.map((text) => text.replace(/\*/g, 'any').replace(/\?/g, 'x')).filter(isService);
}

const isService = (text: string): boolean => /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(text);
/** Whether a pattern has wildcards, `*` alone apart: that one is everybody. */
export const isWild = (text: string): boolean => text !== '*' && /[*?]/.test(text);
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
  if (caller.kind === 'service') return caller.principal === pattern;
  const [account, id, inArn] = ACCOUNT.exec(pattern) ?? [];
  if (account !== undefined) return caller.account === (id ?? inArn);
  const names = [caller.ownArn, caller.issuerArn, caller.principalArn].filter((name) => name !== undefined);
  if (!isWild(pattern)) return names.includes(pattern);
  const glob = new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 's');
  return names.some((name) => glob.test(name));
}

import { demands, fitsPattern, LATER, OWN_ACCOUNT, type Tells, type Wildcards } from './conditions';
import type { Conditions } from './permission';

/** Condition keys that tell a service acting for itself which resource or account it acts for. Lower case. */
const SOURCES: Readonly<Record<string, Tells>> = {
  'aws:sourcearn': (_, arn, wildcards) => namesOwner(arn, wildcards),
  'aws:sourceaccount': (_, account) => isAccount(account),
  'aws:sourceorgid': isExact,
  'aws:sourceorgpaths': startsExact,
};

/** Condition keys that tell callers apart. Lower case. */
const CALLERS: Readonly<Record<string, Tells>> = {
  'aws:principalorgid': isExact,
  'aws:principalorgpaths': startsExact,
  'aws:principalaccount': (_, account) => isAccount(account),
  'aws:principalarn': (_, arn, wildcards) => hasAccount(arn, wildcards),
  'kms:calleraccount': (_, account) => isAccount(account),
};

const CONTEXT = 'kms:encryptioncontext:';

/**
 * Whether a service that calls for itself is bound to somebody's resources: by a source or an encryption context that names an account, or a resource
 * whose ARN has none. What names neither (`arn:aws:sns:*:*:orders*`) anybody can make: the confused deputy (IAM User Guide, "The confused deputy problem").
 */
export function bindsSource(conditions: Conditions): boolean {
  return demands(conditions, (key, value, wildcards) =>
    (key.startsWith(CONTEXT) ? namesContext(key, value, wildcards) : SOURCES[key]?.(key, value, wildcards) ?? false));
}

/** Whether callers that are named no closer are bound to some organization, account or ARN. */
export function bindsCaller(conditions: Conditions): boolean {
  return demands(conditions, (key, value, wildcards) => CALLERS[key]?.(key, value, wildcards) ?? false);
}

/** Whether callers are bound to an organization, which may hold any account. */
export function bindsOrganization(conditions: Conditions): boolean {
  return demands(conditions, (key, value, wildcards) => key.startsWith('aws:principalorg') && (CALLERS[key]?.(key, value, wildcards) ?? false));
}

/** Whether callers are bound to accounts, whichever those are. */
export function bindsAccount(conditions: Conditions): boolean {
  return demands(conditions, (key, value, wildcards) => !key.startsWith('aws:principalorg') && (CALLERS[key]?.(key, value, wildcards) ?? false));
}

/** Whether calls are bound to one service that makes them for its callers, in whichever Region. KMS Developer Guide, "kms:ViaService". */
export function bindsToService(conditions: Conditions): boolean {
  return demands(conditions, (key, value) => key === 'kms:viaservice' && /^[a-z0-9-]+\./i.test(value));
}

/** Whether calls have to come through a service, whichever it is: then they are not direct. */
export function asksForService(conditions: Conditions): boolean {
  return demands(conditions, (key) => key === 'kms:viaservice')
    || Object.entries(conditions.Null ?? {}).some(([key, absent]) => key.toLowerCase() === 'kms:viaservice' && String(absent) === 'false');
}

/**
 * Whether callers are bound to accounts, or to ARNs of accounts, none of which is this one. Of a stack that does not know its account
 * nobody can tell.
 */
export function bindsElsewhere(conditions: Conditions, account: string): boolean {
  const other = (text: string) => /^\d{12}$/.test(account) && /^\d{12}$/.test(text) && text !== account;
  return demands(conditions, (key, value, wildcards) => {
    if (key === 'aws:principalarn') return hasAccount(value, wildcards) && other(accountIn(value));
    return (key === 'aws:principalaccount' || key === 'kms:calleraccount') && other(value);
  });
}

/**
 * Whether principals of one account are told from each other there. What all of them have in common, like the account and its
 * organization, tells nobody apart, and neither does the name of a session, which its caller chooses.
 */
export function bindsPrincipal(conditions: Conditions): boolean {
  return demands(conditions, (key, value, wildcards) => {
    if (key === 'aws:principalarn') return isSomething(value, wildcards) && !(wildcards !== 'none' && fitsAnybody(value));
    if (key === 'aws:userid') return wildcards === 'none' || startsWithUniqueId(value);
    return key.startsWith('aws:principaltag/') && isSomething(value, wildcards);
  });
}

/** Names with nothing in common, as long as IAM takes them. */
const UNLIKE = ['0'.repeat(63), '@'.repeat(64)];

/** The kinds of principals, by service and type. */
const ANYBODY = ['iam:role', 'iam:user', 'sts:assumed-role', 'sts:federated-user'];

/** Whether a pattern of ARNs is for every role, or every user, of an account: then it fits two that have nothing in common. */
function fitsAnybody(pattern: string): boolean {
  if (pattern.startsWith(LATER)) return false;
  const parts = pattern.split(':');
  // What only deployment knows of partition and account is right there; of a name it is some name.
  const known = parts.map((part, i) => (i < 5 || parts.length < 6 ? part.replaceAll(LATER, '*').replaceAll(OWN_ACCOUNT, '*') : part)).join(':');
  const account = /^\d{12}$/.test(parts[4]) ? parts[4] : '0'.repeat(12);
  return ANYBODY.some((type) => UNLIKE.every((name) => fitsPattern(known, `arn:aws:${type.replace(':', `::${account}:`)}/${name}`)));
}

/** Unique ids begin alike: only a whole one is somebody's. IAM User Guide, "IAM identifiers", "Unique identifiers". */
function startsWithUniqueId(pattern: string): boolean {
  return pattern.startsWith(LATER) || /^[A-Z0-9]+:|^[A-Z0-9]{16}/.test(pattern);
}

function isSomething(value: string, wildcards: Wildcards): boolean {
  return !(wildcards !== 'none' && /^(arn:)?[*?:]*$/.test(value));
}

function isExact(_: string, value: string, wildcards: Wildcards): boolean {
  return !(wildcards !== 'none' && /[*?]/.test(value));
}

/** An organization's path begins with the organization; below it, wildcards are usual. */
function startsExact(key: string, path: string, wildcards: Wildcards): boolean {
  return isExact(key, path.split('/')[0], wildcards);
}

function isAccount(account: string): boolean {
  return account === LATER || account === OWN_ACCOUNT || /^\d{12}$/.test(account);
}

/** The account part of an ARN. An ARN that begins with a token has what the token has. */
function accountIn(arn: string): string {
  const parts = arn.split(':');
  return parts.length < 5 && arn.startsWith(LATER) ? LATER : parts[4] ?? '';
}

/** A wildcard of StringLike runs over colons: before the account part, it could swallow it. */
function hasAccount(arn: string, wildcards: Wildcards): boolean {
  return isAccount(accountIn(arn)) && !(wildcards === 'anywhere' && /[*?]/.test(arn.split(':').slice(0, 4).join()));
}

/** Buckets, and what lies in them, have no account in their ARNs, and a name that is theirs alone: a pattern of it fits the buckets of others. */
function namesOwner(arn: string, wildcards: Wildcards): boolean {
  if (hasAccount(arn, wildcards)) return true;
  const [, , service, region, account, resource = ''] = arn.split(':');
  return service === 's3' && !region && !account && !/^$|[*?]/.test(resource.split('/')[0]);
}

/**
 * A value of the encryption context binds a service where it is an account, or the ARN of somebody's resource. A name binds nobody: a table or a cluster of it
 * can be made in any account, also of one that CloudFormation made up, as names are no secret. What only deployment knows is taken for what its key says.
 */
function namesContext(key: string, value: string, wildcards: Wildcards): boolean {
  if (value.startsWith(LATER)) return /arn$|account$|subscriberid$/.test(key);
  return isAccount(value) || namesOwner(value, wildcards);
}

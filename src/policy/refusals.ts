import { Stack } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { demands, LATER, type Tells, type Wildcards } from './conditions';
import type { Conditions } from './permission';
import type { Sentence } from './statements';

/** Condition keys that tell a service acting for itself which resource or account it acts for. Lower case. */
const SOURCES: Readonly<Record<string, Tells>> = {
  'aws:sourcearn': (_, arn, wildcards) => hasAccount(arn, wildcards) || namesResource(arn),
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

/** Whether a service that calls for itself is bound to a resource, an account or the encryption context of one. */
export function bindsSource(conditions: Conditions): boolean {
  return demands(conditions, (key, value, wildcards) =>
    (key.startsWith('kms:encryptioncontext:') ? isSomething(value, wildcards) : SOURCES[key]?.(key, value, wildcards) ?? false));
}

/** Whether callers that are named no closer are bound to some organization, account or ARN. */
export function bindsCaller(conditions: Conditions): boolean {
  return demands(conditions, (key, value, wildcards) => CALLERS[key]?.(key, value, wildcards) ?? false);
}

/** Whether callers are bound to accounts, or to ARNs of accounts, none of which is this one. Organizations may hold any account. */
export function bindsElsewhere(conditions: Conditions, account: string): boolean {
  return demands(conditions, (key, value, wildcards) => {
    if (key === 'aws:principalarn') return hasAccount(value, wildcards) && /^\d{12}$/.test(accountIn(value)) && accountIn(value) !== account;
    return (key === 'aws:principalaccount' || key === 'kms:calleraccount') && /^\d{12}$/.test(value) && value !== account;
  });
}

/**
 * Whether principals of one account are told from each other there. What all of them have in common, like the account and its
 * organization, tells nobody apart.
 */
export function bindsPrincipal(conditions: Conditions): boolean {
  return demands(conditions, (key, value, wildcards) => {
    if (key === 'aws:principalarn') return isSomething(value, wildcards) && !(wildcards !== 'none' && ANY_OF_ACCOUNT.test(value));
    return (key === 'aws:userid' || key.startsWith('aws:principaltag/')) && isSomething(value, wildcards);
  });
}

/** Every role, every user, or everything, of an account. */
const ANY_OF_ACCOUNT = /^[^:]*:[^:]*:[^:]*:[^:]*:[^:]*:((role|user|assumed-role|federated-user)\/)?[*?/]*$/;

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
  return account === LATER || /^\d{12}$/.test(account);
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

/** Buckets have no account in their ARNs, and replication of DynamoDB works for tables of any account, as AWS documents its statement. */
function namesResource(arn: string): boolean {
  return /^[^*?]/.test(arn.split(':')[5] ?? '');
}

/** What to do where the key and its grantee would each have to be deployed before the other. */
export function wayOutOfCycle({ label, sid }: Sentence, key: Construct, grantee: CfnResource): string {
  const [keyStack, granteeStack] = [Stack.of(key), grantee.stack];
  if (keyStack === granteeStack) {
    return `${label} cannot be granted ${sid} on '${key.node.path}': it refers to the key itself, so that neither can be created first. `
      + 'Keep the key out of its inlinePolicies, trust policy and dependencies: role.addToPolicy(…) makes a policy of its own, which may refer to the key';
  }
  return `${label} cannot be granted ${sid} on '${key.node.path}': stack '${granteeStack.node.path}' depends on stack '${keyStack.node.path}', `
    + 'and a key policy cannot name a role that is created later under a name nobody knows yet. '
    + `Give it a name (roleName: '…'), keep it in a stack of its own or in one that '${keyStack.node.path}' may depend on, or move the key into '${granteeStack.node.path}'`;
}

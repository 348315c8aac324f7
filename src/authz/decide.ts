import { parseArn } from './arn';
import { ask } from './ask';
import type { Allow } from './ask';
import { identify } from './caller';
import { RequestContext } from './context';
import { allowed, describe, explicitlyDenied, implicitlyDenied } from './explain';
import type { Hearing } from './explain';
import { askGrants } from './grant';
import { askIam } from './iam';
import type { IamAnswer } from './iam';
import { CLOSEST_FIRST } from './principal';
import type { Trial } from './statement';
import type { Decision, KmsRequest, StatementReference, World } from './types';
import { ACCOUNT_ACTIONS, ALIAS_ACTIONS, CROSS_ACCOUNT_ACTIONS, KEY_ACTIONS } from '../spec/action-resources';

const ACTIONS = new Map([...KEY_ACTIONS, ...ACCOUNT_ACTIONS].map((action) => [action.toLowerCase(), action as string]));
const ON_KEY: ReadonlySet<string> = new Set(KEY_ACTIONS);
const ON_ALIAS: ReadonlySet<string> = new Set(ALIAS_ACTIONS);
const ACROSS_ACCOUNTS: ReadonlySet<string> = new Set(CROSS_ACCOUNT_ACTIONS);

/**
 * Whether a principal may make a KMS request, and by which statements.
 *
 * Where AWS's pages are silent or contradict each other, or where a value is not known, an Allow does not act and a Deny does. Policies
 * that AWS would refuse to store allow nothing. Service and resource control policies and VPC endpoint policies are not asked.
 *
 * Policy documents and the world are read once and kept: they must not change between two calls, only be replaced.
 *
 * Throws for a request that cannot be asked: an action KMS does not have, an action on a key without a key, a principal that cannot call.
 *
 * Sources: IAM User Guide, "Policy evaluation logic"; KMS Developer Guide, "Troubleshooting AWS KMS permissions", "Key policies in AWS
 * KMS", "Grants in AWS KMS", "Allowing users in other accounts to use a KMS key".
 */
export function decide(world: World, request: KmsRequest): Decision {
  const hearing = open(world, request);
  if (!hearing.request.key) return decideOnAccount(hearing);
  return hearing.trial.action === 'kms:RetireGrant' ? decideRetirement(hearing) : decideOnKey(hearing, hearing.request.key);
}

function open(world: World, request: KmsRequest): Hearing {
  const action = ACTIONS.get(request.action.toLowerCase());
  if (action === undefined) throw unknownAction(request.action);
  if (ON_KEY.has(action) && !request.key) throw new Error(`${action} is about a key, and the request has none: give 'key'`);
  const key = ON_KEY.has(action) ? request.key : undefined;
  const normal: KmsRequest = { ...request, action, key };
  const caller = identify(world, request.principal);
  const context = new RequestContext(normal, caller);
  const trial: Trial = { action, resource: key?.arn ?? '*', resourceKind: key ? 'key' : 'none', caller, context };
  return { request: normal, caller, context, trial };
}

function unknownAction(action: string): Error {
  const hint = action.toLowerCase() === 'kms:reencrypt'
    ? 'ask for kms:ReEncryptFrom on the source key and kms:ReEncryptTo on the destination key'
    : 'expected an action of KMS, such as kms:Decrypt';
  return new Error(`'${action}' is not an action that policies know: ${hint}`);
}

/** Actions on no key: IAM alone decides. */
function decideOnAccount(hearing: Hearing): Decision {
  const { deny, complete, missing } = askIam(hearing.trial);
  if (deny) return explicitlyDenied(hearing, deny);
  return complete ? allowed(hearing, complete) : implicitlyDenied(hearing, missing);
}

function decideOnKey(hearing: Hearing, key: NonNullable<KmsRequest['key']>): Decision {
  const { request, trial } = hearing;
  const keyPolicy = ask([{ name: 'key policy', document: key.policy }], 'key policy', trial);
  const iam = askIam(trial);
  const onAlias = ON_ALIAS.has(trial.action) ? askIam({ ...trial, resource: request.aliasArn ?? '', resourceKind: 'alias' }) : undefined;
  const deny = keyPolicy.deny ?? iam.deny ?? onAlias?.deny;
  if (deny) return explicitlyDenied(hearing, deny);

  const atKey = [...keyPolicy.allows, ...askGrants(request, hearing.caller, sourceArnOf(hearing))];
  const onKey = accountOf(hearing) === hearing.caller.account ? within(hearing, atKey, iam) : fromOutside(hearing, atKey, iam);
  if ('missing' in onKey) return implicitlyDenied(hearing, onKey.missing);
  if (!onAlias) return allowed(hearing, onKey.by);
  return onAlias.complete
    ? allowed(hearing, [...onKey.by, ...onAlias.complete])
    : implicitlyDenied(hearing, `the key could be, but of the alias '${request.aliasArn ?? ''}' ${onAlias.missing}`);
}

/**
 * "The kms:RetireGrant permission is not effective in a key policy": the grant decides, and as a backup the account of the key, which
 * may delegate by IAM policy; a Deny of an IAM policy counts (KMS Developer Guide, "Retiring and revoking grants").
 */
function decideRetirement(hearing: Hearing): Decision {
  const iam = askIam(hearing.trial);
  if (iam.deny) return explicitlyDenied(hearing, iam.deny);
  const byGrant = granted(askGrants(hearing.request, hearing.caller, sourceArnOf(hearing)), iam);
  if (byGrant) return allowed(hearing, byGrant);
  if (iam.complete && accountOf(hearing) === hearing.caller.account) return allowed(hearing, iam.complete);
  return implicitlyDenied(hearing, 'no grant names the caller as one who retires it, and the account of the key has not delegated it');
}

type Found = { readonly by: readonly StatementReference[] } | { readonly missing: string };

/** Key policy and grants with IAM, for a caller of the key's own account. */
function within({ caller }: Hearing, atKey: readonly Allow[], iam: IamAnswer): Found {
  const closest = [...atKey].sort((one, other) => rank(one) - rank(other));
  let missing = 'neither the key policy nor a grant allows it';
  for (const { by, closeness } of closest) {
    if (closeness === 'itself') return { by: [by] };
    const rest = closeness === 'issuer' ? iam.limits : iam.complete;
    if (rest) return { by: [by, ...rest] };
    missing = closeness === 'issuer'
      ? `${describe(by)} names ${caller.issuerArn}, but a permissions boundary or session policy does not allow it`
      : `${describe(by)} leaves it to IAM, but ${iam.missing}`;
  }
  return { missing };
}

/** The same for services, which have no account, and for callers of other accounts. */
function fromOutside({ caller, request }: Hearing, atKey: readonly Allow[], iam: IamAnswer): Found {
  if (caller.kind === 'service') return atKey.length > 0 ? { by: [atKey[0].by] } : { missing: 'neither the key policy nor a grant lets the service' };
  if (!ACROSS_ACCOUNTS.has(request.action)) return { missing: `${request.action} works in the key's own account only` };
  // "Users in the external account cannot use the key until you attach IAM policies …, or use grants."
  const byGrant = granted(atKey.filter(({ by }) => by.kind === 'grant'), iam);
  if (byGrant) return { by: byGrant };
  const byPolicy = atKey.find(({ by }) => by.kind === 'key policy');
  if (!byPolicy) return { missing: 'neither the key policy nor a grant allows it to the other account' };
  return iam.complete ? { by: [byPolicy.by, ...iam.complete] } : { missing: `${describe(byPolicy.by)} would do for the key's account, but ${iam.missing}` };
}

/** Grants are taken to be limited by boundary and session policies as a key policy is that names the same principal. */
function granted(grants: readonly Allow[], iam: IamAnswer): readonly StatementReference[] | undefined {
  for (const { by, closeness } of grants) {
    const rest = closeness === 'itself' ? [] : closeness === 'issuer' ? iam.limits : iam.complete;
    if (rest) return [by, ...rest];
  }
  return undefined;
}

const rank = ({ closeness }: Allow): number => CLOSEST_FIRST.indexOf(closeness ?? 'account');

function accountOf({ request }: Hearing): string | undefined {
  return parseArn(request.key?.arn ?? '')?.account;
}

function sourceArnOf({ context }: Hearing): string | undefined {
  return context.variableFor({ inKeyPolicy: false, resource: 'key' })('aws:SourceArn');
}

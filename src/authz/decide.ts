import { parseArn } from './arn';
import { identify } from './caller';
import { allowed, describe, explicitlyDenied, implicitlyDenied } from './explain';
import type { PolicyEvaluation } from './explain';
import { allowingGrants } from './grants';
import { evaluateIam } from './iam';
import type { IamResult } from './iam';
import { evaluatePolicies } from './policies';
import type { Allow } from './policies';
import { CLOSEST_FIRST } from './principal';
import { ConditionKeys } from './request-context';
import type { RequestContext } from './request-context';
import type { Bound, Decision, KmsRequest, StatementReference, World } from './types';
import { ACCOUNT_ACTIONS, ALIAS_ACTIONS, CROSS_ACCOUNT_ACTIONS, KEY_ACTIONS } from '../spec/action-resources';

const ACTIONS = new Map([...KEY_ACTIONS, ...ACCOUNT_ACTIONS].map((action) => [action.toLowerCase(), action as string]));
const ON_KEY: ReadonlySet<string> = new Set(KEY_ACTIONS);
const ON_ALIAS: ReadonlySet<string> = new Set(ALIAS_ACTIONS);
const ACROSS_ACCOUNTS: ReadonlySet<string> = new Set(CROSS_ACCOUNT_ACTIONS);

/** How a decision is made. */
export interface DecideOptions {
  /**
   * Which side of what is not known the answer is on.
   *
   * @default 'surely'
   */
  readonly bound?: Bound;
}

/**
 * Whether a principal may make a KMS request, and by which statements.
 *
 * Where AWS's pages are silent or contradict each other, or where a value is not known, an Allow does not act and a Deny does; with the
 * bound `perhaps` it is the other way round. Policies that AWS would refuse to store allow nothing. Service and resource control policies
 * and VPC endpoint policies are not asked.
 *
 * Policy documents and the world are read once and kept: they must not change between two calls, only be replaced.
 *
 * Throws for a request that cannot be asked: an action KMS does not have, an action on a key without a key, a principal that cannot call.
 * For no policy document it throws, whatever is in it.
 *
 * Sources: IAM User Guide, "Policy evaluation logic"; KMS Developer Guide, "Troubleshooting AWS KMS permissions", "Key policies in AWS
 * KMS", "Grants in AWS KMS", "Allowing users in other accounts to use a KMS key".
 */
export function decide(world: World, request: KmsRequest, { bound = 'surely' }: DecideOptions = {}): Decision {
  const evaluation = evaluationOf(world, request, bound);
  if (!evaluation.request.key) return decideOnAccount(evaluation);
  return evaluation.context.action === 'kms:RetireGrant' ? decideRetirement(evaluation) : decideOnKey(evaluation, evaluation.request.key);
}

/** A request as the statements of policies see it: what `decide` evaluates them on. Throws as `decide` does. */
export function contextOf(world: World, request: KmsRequest, { bound = 'surely' }: DecideOptions = {}): RequestContext {
  return evaluationOf(world, request, bound).context;
}

function evaluationOf(world: World, request: KmsRequest, bound: Bound): PolicyEvaluation {
  const action = ACTIONS.get(request.action.toLowerCase());
  if (action === undefined) throw unknownAction(request.action);
  if (ON_KEY.has(action) && !request.key) throw new Error(`${action} is about a key, and the request has none: give 'key'`);
  const key = ON_KEY.has(action) ? request.key : undefined;
  const normal: KmsRequest = { ...request, action, key };
  const caller = identify(world, request.principal);
  const conditionKeys = new ConditionKeys(normal, caller, bound);
  const context: RequestContext = { action, resource: key?.arn ?? '*', resourceKind: key ? 'key' : 'none', caller, conditionKeys, bound };
  return { request: normal, context };
}

function unknownAction(action: string): Error {
  const hint = action.toLowerCase() === 'kms:reencrypt'
    ? 'ask for kms:ReEncryptFrom on the source key and kms:ReEncryptTo on the destination key'
    : 'expected an action of KMS, such as kms:Decrypt';
  return new Error(`'${action}' is not an action that policies know: ${hint}`);
}

/** Actions on no key: IAM alone decides. */
function decideOnAccount(evaluation: PolicyEvaluation): Decision {
  const { deny, complete, missing } = evaluateIam(evaluation.context);
  if (deny) return explicitlyDenied(evaluation, deny);
  return complete ? allowed(evaluation, complete) : implicitlyDenied(evaluation, missing);
}

function decideOnKey(evaluation: PolicyEvaluation, key: NonNullable<KmsRequest['key']>): Decision {
  const { request, context } = evaluation;
  const keyPolicy = evaluatePolicies([{ name: 'key policy', document: key.policy }], 'key policy', context);
  const iam = evaluateIam(context);
  const onAlias = ON_ALIAS.has(context.action) ? evaluateIam({ ...context, resource: request.aliasArn ?? '', resourceKind: 'alias' }) : undefined;
  const deny = keyPolicy.deny ?? iam.deny ?? onAlias?.deny;
  if (deny) return explicitlyDenied(evaluation, deny);

  const atKey = [...keyPolicy.allows, ...allowingGrants(request, context)];
  const onKey = isOfKeyAccount(evaluation) ? within(evaluation, atKey, iam) : fromOutside(evaluation, atKey, iam);
  if ('missing' in onKey) return implicitlyDenied(evaluation, onKey.missing);
  if (!onAlias) return allowed(evaluation, onKey.by);
  return onAlias.complete
    ? allowed(evaluation, [...onKey.by, ...onAlias.complete])
    : implicitlyDenied(evaluation, `the key could be, but of the alias '${request.aliasArn ?? ''}' ${onAlias.missing}`);
}

/**
 * "The kms:RetireGrant permission is not effective in a key policy": the grant decides, and as a backup the account of the key, which
 * may delegate by IAM policy; a Deny of an IAM policy counts (KMS Developer Guide, "Retiring and revoking grants").
 */
function decideRetirement(evaluation: PolicyEvaluation): Decision {
  const iam = evaluateIam(evaluation.context);
  if (iam.deny) return explicitlyDenied(evaluation, iam.deny);
  const byGrant = granted(allowingGrants(evaluation.request, evaluation.context), iam);
  if (byGrant) return allowed(evaluation, byGrant);
  if (iam.complete && isOfKeyAccount(evaluation)) return allowed(evaluation, iam.complete);
  return implicitlyDenied(evaluation, 'no grant names the caller as one who retires it, and the account of the key has not delegated it');
}

type Found = { readonly by: readonly StatementReference[] } | { readonly missing: string };

/** Key policy and grants with IAM, for a caller of the key's own account. */
function within({ context: { caller } }: PolicyEvaluation, atKey: readonly Allow[], iam: IamResult): Found {
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
function fromOutside({ context: { caller }, request }: PolicyEvaluation, atKey: readonly Allow[], iam: IamResult): Found {
  if (caller.kind === 'service') return atKey.length > 0 ? { by: [atKey[0].by] } : { missing: 'neither the key policy nor a grant lets the service' };
  if (caller.partition !== keyArn(request)?.partition) return { missing: `a caller of the partition ${caller.partition} reaches no key of another one` };
  if (!ACROSS_ACCOUNTS.has(request.action)) return { missing: `${request.action} works in the key's own account only` };
  // "Users in the external account cannot use the key until you attach IAM policies …, or use grants."
  const byGrant = granted(atKey.filter(({ by }) => by.kind === 'grant'), iam);
  if (byGrant) return { by: byGrant };
  const byPolicy = atKey.find(({ by }) => by.kind === 'key policy');
  if (!byPolicy) return { missing: 'neither the key policy nor a grant allows it to the other account' };
  return iam.complete ? { by: [byPolicy.by, ...iam.complete] } : { missing: `${describe(byPolicy.by)} would do for the key's account, but ${iam.missing}` };
}

/** Grants are taken to be limited by boundary and session policies as a key policy is that names the same principal. */
function granted(grants: readonly Allow[], iam: IamResult): readonly StatementReference[] | undefined {
  for (const { by, closeness } of grants) {
    const rest = closeness === 'itself' ? [] : closeness === 'issuer' ? iam.limits : iam.complete;
    if (rest) return [by, ...rest];
  }
  return undefined;
}

const rank = ({ closeness }: Allow): number => CLOSEST_FIRST.indexOf(closeness ?? 'account');

function isOfKeyAccount({ context: { caller }, request }: PolicyEvaluation): boolean {
  const arn = keyArn(request);
  return arn?.account === caller.account && arn?.partition === caller.partition;
}

function keyArn({ key }: KmsRequest): ReturnType<typeof parseArn> {
  return parseArn(key?.arn ?? '');
}

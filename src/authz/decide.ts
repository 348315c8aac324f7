import { parseArn } from './arn';
import { identify } from './caller';
import type { Caller } from './caller';
import { RequestContext } from './context';
import { allowed, explicitlyDenied, implicitlyDenied } from './explain';
import { meetsGrant } from './grant';
import { readPolicy } from './policy';
import type { Closeness } from './principal';
import type { Trial } from './statement';
import type { Decision, KmsRequest, NamedPolicy, StatementReference, World } from './types';
import { ACCOUNT_ACTIONS, ALIAS_ACTIONS, CROSS_ACCOUNT_ACTIONS, KEY_ACTIONS } from '../spec/action-resources';

/** A statement that allows, and how closely it names the caller. */
export interface Allow {
  readonly by: StatementReference;
  readonly closeness?: Closeness;
}

/** What one policy says of a request. */
export interface Answer {
  readonly allows: readonly Allow[];
  readonly deny?: StatementReference;
}

/** One request on one resource, with all that has a say in it. */
export interface Hearing {
  readonly request: KmsRequest;
  readonly caller: Caller;
  readonly context: RequestContext;
  readonly trial: Trial;
}

const ACTIONS = new Map([...KEY_ACTIONS, ...ACCOUNT_ACTIONS].map((action) => [action.toLowerCase(), action as string]));
const ON_KEY: ReadonlySet<string> = new Set(KEY_ACTIONS);
const ON_ALIAS: ReadonlySet<string> = new Set(ALIAS_ACTIONS);
const ACROSS_ACCOUNTS: ReadonlySet<string> = new Set(CROSS_ACCOUNT_ACTIONS);

/**
 * Whether a principal may make a KMS request, and by which statements.
 *
 * Throws for a request that cannot be asked: an action KMS does not have, an action on a key without a key, a principal that cannot call.
 *
 * Sources: IAM User Guide, "Policy evaluation logic"; KMS Developer Guide, "Troubleshooting AWS KMS permissions", "Key policies in AWS
 * KMS", "Grants in AWS KMS".
 */
export function decide(world: World, request: KmsRequest): Decision {
  const action = ACTIONS.get(request.action.toLowerCase());
  if (action === undefined) throw unknownAction(request.action);
  if (ON_KEY.has(action) && !request.key) throw new Error(`${action} is about a key: give 'key'`);
  const caller = identify(world, request.principal);
  const normal: KmsRequest = action === request.action ? request : { ...request, action };
  const context = new RequestContext(normal, caller);
  const resource = request.key?.arn ?? '*';
  const hearing: Hearing = { request: normal, caller, context, trial: { action, resource, caller, context } };
  return ON_KEY.has(action) ? decideOnKey(hearing) : decideByIam(hearing);
}

function unknownAction(action: string): Error {
  const hint = action.toLowerCase() === 'kms:reencrypt' ? 'ask for kms:ReEncryptFrom on the source key and kms:ReEncryptTo on the destination key' : 'expected one of the actions of KMS, such as kms:Decrypt';
  return new Error(`'${action}' is not an action that policies know: ${hint}`);
}

/** Actions on no key: IAM alone decides. */
function decideByIam(hearing: Hearing): Decision {
  const iam = askIam(hearing, hearing.trial);
  if (iam.deny) return explicitlyDenied(hearing, iam.deny);
  if (iam.complete) return allowed(hearing, iam.complete);
  return implicitlyDenied(hearing, iam.missing);
}

function decideOnKey(hearing: Hearing): Decision {
  const { request, caller, trial } = hearing;
  const keyPolicy = askKeyPolicy(hearing);
  const iam = askIam(hearing, trial);
  const aliasTrial = ON_ALIAS.has(trial.action) ? { ...trial, resource: request.aliasArn ?? '' } : undefined;
  const alias = aliasTrial && askIam(hearing, aliasTrial);
  const deny = keyPolicy.deny ?? iam.deny ?? alias?.deny;
  if (deny) return explicitlyDenied(hearing, deny);

  const onKey = whatAllows(hearing, [...keyPolicy.allows, ...askGrants(hearing)], iam);
  if ('missing' in onKey) return implicitlyDenied(hearing, onKey.missing);
  if (!alias) return allowed(hearing, onKey.by);
  if (!alias.complete) return implicitlyDenied(hearing, `the alias ${request.aliasArn ?? '(not named)'}: ${alias.missing}`);
  // An alias belongs to its account; nobody else's IAM policies reach it.
  if (caller.account !== keyAccount(request)) return implicitlyDenied(hearing, 'an alias can be changed by its own account only');
  return allowed(hearing, [...onKey.by, ...alias.complete]);
}

function keyAccount(request: KmsRequest): string | undefined {
  return parseArn(request.key?.arn ?? '')?.account;
}

type Found = { readonly by: readonly StatementReference[] } | { readonly missing: string };

/** Combines what names the caller at the key (key policy, grants) with what IAM says. */
function whatAllows({ request, caller }: Hearing, atKey: readonly Allow[], iam: IamAnswer): Found {
  if (caller.kind === 'service') {
    return atKey.length > 0 ? { by: [atKey[0].by] } : { missing: 'neither the key policy nor a grant lets the service' };
  }
  if (caller.account !== keyAccount(request)) {
    if (!ACROSS_ACCOUNTS.has(request.action)) return { missing: `${request.action} works in the key's own account only` };
    if (atKey.length === 0) return { missing: 'neither the key policy nor a grant lets the other account' };
    return iam.complete ? { by: [atKey[0].by, ...iam.complete] } : { missing: `the key policy would, but ${iam.missing}` };
  }
  let missing = 'neither the key policy nor a grant does';
  for (const { by, closeness } of atKey) {
    if (closeness === 'itself') return { by: [by] };
    if (closeness === 'issuer' || closeness === 'anyone') {
      if (caller.kind === 'user' || iam.limits) return { by: [by, ...(caller.kind === 'user' ? [] : iam.limits ?? [])] };
      missing = `${describe(by)} would, but a permissions boundary or session policy does not`;
    } else {
      if (iam.complete) return { by: [by, ...iam.complete] };
      missing = `the key policy leaves it to IAM (${describe(by)}), but ${iam.missing}`;
    }
  }
  return { missing };
}

function describe(by: StatementReference): string {
  return by.kind === 'grant' ? `grant '${by.policy}'` : `statement '${by.statement}' of ${by.policy}`;
}

/** What the key policy says, closest statement first. */
function askKeyPolicy({ request, trial }: Hearing): Answer {
  const answer = ask({ name: 'the key policy', document: request.key!.policy }, 'key policy', trial);
  return { ...answer, allows: [...answer.allows].sort((a, b) => rank(a) - rank(b)) };
}

const CLOSEST_FIRST: readonly (Closeness | undefined)[] = ['itself', 'anyone', 'issuer', 'account'];
const rank = ({ closeness }: Allow): number => CLOSEST_FIRST.indexOf(closeness);

function askGrants({ request, caller, context }: Hearing): Allow[] {
  const sourceArn = context.variable('aws:SourceArn');
  return (request.key?.grants ?? []).flatMap((grant) => {
    const { allows, closeness } = meetsGrant(grant, request, caller, sourceArn);
    return allows ? [{ by: { kind: 'grant' as const, policy: grant.grantId, statement: grant.grantId, effect: 'Allow' as const }, closeness }] : [];
  });
}

/** What the policies of the caller's own account say. */
export interface IamAnswer {
  readonly deny?: StatementReference;
  /** The statements that together allow: an identity statement, and one of the boundary and of the session policies where there are any. */
  readonly complete?: readonly StatementReference[];
  /** Those of boundary and session policies alone, if they allow. */
  readonly limits?: readonly StatementReference[];
  readonly missing: string;
}

function askIam({ caller, request }: Hearing, trial: Trial): IamAnswer {
  if (caller.kind === 'account root') return { complete: [], limits: [], missing: '' };
  if (caller.kind === 'service') return { missing: 'a service has no IAM policies' };
  const identity = askAll(caller.identity?.policies ?? [], 'identity policy', trial);
  const boundary = caller.identity?.boundary && ask(caller.identity.boundary, 'permissions boundary', trial);
  const sessionPolicies = caller.kind === 'user' ? [] : caller.identity?.sessionPolicies ?? [];
  const session = sessionPolicies.length > 0 ? askAll(sessionPolicies, 'session policy', trial) : undefined;
  const deny = identity.deny ?? boundary?.deny ?? session?.deny;
  const limitsHold = [boundary, session].every((limit) => !limit || limit.allows.length > 0);
  const limits = limitsHold ? [boundary, session].flatMap((limit) => (limit ? [limit.allows[0].by] : [])) : undefined;
  const allow = identity.allows[0];
  if (allow && limits) return { deny, limits, complete: [allow.by, ...limits], missing: '' };
  const missing = !allow ? `no identity policy of ${caller.principal} allows ${request.action}`
    : boundary?.allows.length === 0 ? `the permissions boundary does not allow ${request.action}` : `the session policy does not allow ${request.action}`;
  return { deny, limits, missing };
}

function askAll(policies: readonly NamedPolicy[], kind: StatementReference['kind'], trial: Trial): Answer {
  const answers = policies.map((policy) => ask(policy, kind, trial));
  return { allows: answers.flatMap(({ allows }) => allows), deny: answers.find(({ deny }) => deny)?.deny };
}

function ask({ name, document }: NamedPolicy, kind: StatementReference['kind'], trial: Trial): Answer {
  const policy = readPolicy(document, kind === 'key policy' ? 'key policy' : 'iam policy');
  const allows: Allow[] = [];
  for (const statement of policy.statements) {
    if (statement.effect === 'Allow' && policy.refused !== undefined) continue;
    const { state, closeness } = statement.meets(trial);
    if (state === 'no') continue;
    const by: StatementReference = { kind, policy: name, statement: statement.name, effect: statement.effect };
    if (statement.effect === 'Deny') return { allows: [], deny: by };
    if (state === 'yes') allows.push({ by, closeness });
  }
  return { allows };
}

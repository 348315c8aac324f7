import { parseArn } from './arn';
import type { Caller } from './caller';
import { acts } from './policies';
import type { Allow } from './policies';
import type { Closeness } from './principal';
import { encryptionContextOf } from './request-context';
import type { RequestContext } from './request-context';
import { allOf, certain } from './tri-state';
import type { TriState } from './tri-state';
import type { GrantFacts, KmsRequest, StatementReference } from './types';
import { existsOn } from '../spec/condition-keys';
import { isUnresolved } from '../spec/unresolved';

/** Grants (KMS Developer Guide, "Grants in AWS KMS", "Creating grants", "Retiring and revoking grants"). */

type Pairs = Readonly<Record<string, string>>;

/** How a grant matches a request. */
export interface GrantMatch {
  readonly state: TriState;
  readonly closeness: Closeness;
  /** Why a grant for this principal and operation does not allow after all, or may not. */
  readonly because?: string;
}

/** What of a grant does not fit a request, or may not. */
interface Mismatch {
  readonly state: 'no' | 'unclear';
  readonly because: string;
}

/**
 * The grants of the request's key that allow it, whatever the Allow statements of policies say. How boundaries and session policies limit
 * a grant, and what one for a whole account gives, no page says: where what may be allowed is asked, neither limits it.
 */
export function allowingGrants(request: KmsRequest, context: RequestContext): Allow[] {
  return (request.key?.grants ?? []).flatMap((grant) => {
    const match = matchGrant(grant, request, context);
    if (!match || !acts('Allow', match.state, context.bound)) return [];
    return [{ by: referenceTo(grant), closeness: context.bound === 'perhaps' ? 'itself' : match.closeness }];
  });
}

/** How a decision names a grant. */
export function referenceTo({ grantId }: GrantFacts): StatementReference {
  return { kind: 'grant', policy: grantId, statement: grantId, effect: 'Allow' };
}

/** How a grant matches a request; undefined if it is for another principal or another operation. */
export function matchGrant(grant: GrantFacts, request: KmsRequest, { caller, conditionKeys }: RequestContext): GrantMatch | undefined {
  const operation = request.action.slice('kms:'.length);
  if (operation === 'RetireGrant') return mayRetire(grant, request, caller);
  const closeness = namedAs(grant.granteePrincipal, caller);
  if (!closeness || !grant.operations.includes(operation)) return undefined;
  const sourceArn = conditionKeys.variableFor({ inKeyPolicy: false, resource: 'key' })('aws:SourceArn');
  const mismatch = (operation === 'CreateGrant' ? exceeds(grant, request) : failsContext(grant, request))
    ?? failsSource(grant, typeof sourceArn === 'string' ? sourceArn : undefined);
  return { closeness, state: mismatch?.state ?? 'yes', because: mismatch?.because };
}

/** Whoever the grant names as its retiring principal, and the grantee if RetireGrant is among the operations. Constraints do not count. */
function mayRetire(grant: GrantFacts, { grantId }: KmsRequest, caller: Caller): GrantMatch | undefined {
  if (grantId !== undefined && grant.grantId !== grantId) return undefined;
  const grantee = grant.operations.includes('RetireGrant') ? grant.granteePrincipal : undefined;
  const closeness = namedAs(grant.retiringPrincipal, caller) ?? namedAs(grantee, caller);
  return closeness && { state: 'yes', closeness };
}

/** As in a Principal element, so here: a role ARN is for its sessions, an account's ARN for whom its IAM policies choose. */
function namedAs(principal: string | undefined, caller: Caller): Closeness | undefined {
  if (principal === undefined) return undefined;
  if (principal === (caller.kind === 'service' ? caller.principal : caller.ownArn)) return 'itself';
  if (principal === caller.issuerArn) return 'issuer';
  const arn = parseArn(principal);
  return arn?.resource === 'root' && arn.account === caller.account && arn.partition === caller.partition ? 'account' : undefined;
}

/** Of operations that have no encryption context the constraint is not asked: "it is ignored for DescribeKey". */
function failsContext({ constraints }: GrantFacts, request: KmsRequest): Mismatch | undefined {
  if (!existsOn('kms:EncryptionContextKeys', request.action)) return undefined;
  const { EncryptionContextEquals: equals, EncryptionContextSubset: subset } = constraints ?? {};
  const context = encryptionContextOf(request);
  return (equals && unless(sameContext(context, equals), `the encryption context is not exactly ${JSON.stringify(equals)}`))
    ?? (subset && unless(includesContext(context, subset), `the encryption context does not include ${JSON.stringify(subset)}`));
}

/** "Effectively the same as having the aws:SourceArn condition key in the grant." */
function failsSource({ constraints }: GrantFacts, sourceArn: string | undefined): Mismatch | undefined {
  const wanted = constraints?.SourceArn;
  if (wanted === undefined) return undefined;
  const state = sourceArn === undefined ? 'no' : sameText(sourceArn, wanted);
  return unless(state, `aws:SourceArn is ${sourceArn ? `'${sourceArn}'` : 'absent'}, not '${wanted}'`);
}

/** With CreateGrant from a grant one may hand on some of its operations, constrained at least as strictly. */
function exceeds(parent: GrantFacts, { requestedGrant: child }: KmsRequest): Mismatch | undefined {
  if (!child) return { state: 'no', because: 'the request does not say which grant it asks for' };
  const extra = child.operations.find((operation) => !parent.operations.includes(operation));
  if (extra !== undefined) return { state: 'no', because: `the new grant would give ${extra}, which this one does not` };
  const { EncryptionContextEquals: equals, EncryptionContextSubset: subset, SourceArn: source } = parent.constraints ?? {};
  const { EncryptionContextEquals: childEquals, EncryptionContextSubset: childSubset, SourceArn: childSource } = child.constraints ?? {};
  const narrower = childEquals ?? childSubset;
  return (equals && unless(childEquals ? sameContext(childEquals, equals) : 'no', 'the new grant would not have the same EncryptionContextEquals'))
    ?? (subset && unless(narrower ? includesContext(narrower, subset) : 'no', 'the new grant would not have all pairs of EncryptionContextSubset'))
    ?? (source === undefined ? undefined : unless(childSource === undefined ? 'no' : sameText(childSource, source), 'the new grant would not have the same SourceArn'));
}

function unless(state: TriState, because: string): Mismatch | undefined {
  return state === 'yes' ? undefined : { state, because };
}

function includesContext(context: Pairs, wanted: Pairs): TriState {
  return allOf(Object.entries(wanted).map(([name, value]) => (Object.hasOwn(context, name) ? sameText(context[name], value) : 'no')));
}

function sameContext(context: Pairs, wanted: Pairs): TriState {
  return allOf([certain(Object.keys(context).length === Object.keys(wanted).length), includesContext(context, wanted)]);
}

function sameText(one: string, other: string): TriState {
  if (one === other) return 'yes';
  return isUnresolved(one) || isUnresolved(other) ? 'unclear' : 'no';
}

import { parseArn } from './arn';
import type { Allow } from './ask';
import type { Caller } from './caller';
import { encryptionContextOf } from './context';
import type { Closeness } from './principal';
import type { GrantFacts, KmsRequest, StatementReference } from './types';

/** Grants (KMS Developer Guide, "Grants in AWS KMS", "Creating grants", "Retiring and revoking grants"). */

type Pairs = Readonly<Record<string, string>>;

/** How a grant meets a request. */
export interface GrantMeeting {
  readonly closeness?: Closeness;
  /** Why a grant for this principal and operation does not allow after all. */
  readonly because?: string;
}

/** The grants of the request's key that allow it, whatever the Allow statements of policies say. */
export function askGrants(request: KmsRequest, caller: Caller, sourceArn: string | undefined): Allow[] {
  return (request.key?.grants ?? []).flatMap((grant) => {
    const meeting = meetsGrant(grant, request, caller, sourceArn);
    return meeting && meeting.because === undefined ? [{ by: referenceTo(grant), closeness: meeting.closeness }] : [];
  });
}

/** How a decision names a grant. */
export function referenceTo({ grantId }: GrantFacts): StatementReference {
  return { kind: 'grant', policy: grantId, statement: grantId, effect: 'Allow' };
}

/** How a grant meets a request; undefined if it is for another principal or another operation. */
export function meetsGrant(grant: GrantFacts, request: KmsRequest, caller: Caller, sourceArn: string | undefined): GrantMeeting | undefined {
  const operation = request.action.slice('kms:'.length);
  if (operation === 'RetireGrant') return mayRetire(grant, request, caller);
  const closeness = namedAs(grant.granteePrincipal, caller);
  if (!closeness || !grant.operations.includes(operation)) return undefined;
  const because = (operation === 'CreateGrant' ? exceeds(grant, request) : failsContext(grant, request, operation)) ?? failsSource(grant, sourceArn);
  return { closeness, because };
}

/** Whoever the grant names as its retiring principal, and the grantee if RetireGrant is among the operations. Constraints do not count. */
function mayRetire(grant: GrantFacts, { grantId }: KmsRequest, caller: Caller): GrantMeeting | undefined {
  if (grantId !== undefined && grant.grantId !== grantId) return undefined;
  const grantee = grant.operations.includes('RetireGrant') ? grant.granteePrincipal : undefined;
  const closeness = namedAs(grant.retiringPrincipal, caller) ?? namedAs(grantee, caller);
  return closeness && { closeness };
}

/** As in a Principal element, so here: a role ARN is for its sessions, an account's ARN for whom its IAM policies choose. */
function namedAs(principal: string | undefined, caller: Caller): Closeness | undefined {
  if (principal === undefined) return undefined;
  if (principal === (caller.kind === 'service' ? caller.principal : caller.ownArn)) return 'itself';
  if (principal === caller.issuerArn) return 'issuer';
  const arn = parseArn(principal);
  return arn?.resource === 'root' && arn.account === caller.account ? 'account' : undefined;
}

/** Operations that have an encryption context. Of the others the constraint is not asked: "it is ignored for DescribeKey". */
const WITH_CONTEXT = [
  'Decrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext', 'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom', 'ReEncryptTo',
];

function failsContext({ constraints }: GrantFacts, request: KmsRequest, operation: string): string | undefined {
  if (!WITH_CONTEXT.includes(operation)) return undefined;
  const { EncryptionContextEquals: equals, EncryptionContextSubset: subset } = constraints ?? {};
  const context = encryptionContextOf(request);
  if (equals && !sameContext(context, equals)) return `the encryption context is not exactly ${JSON.stringify(equals)}`;
  return subset && !includesContext(context, subset) ? `the encryption context does not include ${JSON.stringify(subset)}` : undefined;
}

/** "Effectively the same as having the aws:SourceArn condition key in the grant." */
function failsSource({ constraints }: GrantFacts, sourceArn: string | undefined): string | undefined {
  const wanted = constraints?.SourceArn;
  return wanted === undefined || wanted === sourceArn ? undefined : `aws:SourceArn is ${sourceArn ? `'${sourceArn}'` : 'absent'}, not '${wanted}'`;
}

/** With CreateGrant from a grant one may hand on some of its operations, constrained at least as strictly. */
function exceeds(parent: GrantFacts, { requestedGrant: child }: KmsRequest): string | undefined {
  if (!child) return 'the request does not say which grant it asks for';
  const extra = child.operations.find((operation) => !parent.operations.includes(operation));
  if (extra !== undefined) return `the new grant would give ${extra}, which this one does not`;
  const { EncryptionContextEquals: equals, EncryptionContextSubset: subset, SourceArn: source } = parent.constraints ?? {};
  const { EncryptionContextEquals: childEquals, EncryptionContextSubset: childSubset, SourceArn: childSource } = child.constraints ?? {};
  if (equals && !(childEquals && sameContext(childEquals, equals))) return 'the new grant would not have the same EncryptionContextEquals';
  const narrower = childEquals ?? childSubset;
  if (subset && !(narrower && includesContext(narrower, subset))) return 'the new grant would not have all pairs of EncryptionContextSubset';
  return source !== undefined && source !== childSource ? 'the new grant would not have the same SourceArn' : undefined;
}

function includesContext(context: Pairs, wanted: Pairs): boolean {
  return Object.entries(wanted).every(([name, value]) => Object.hasOwn(context, name) && context[name] === value);
}

function sameContext(context: Pairs, wanted: Pairs): boolean {
  return Object.keys(context).length === Object.keys(wanted).length && includesContext(context, wanted);
}

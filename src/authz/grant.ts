import type { Caller } from './caller';
import { encryptionContextOf } from './context';
import type { Closeness } from './principal';
import type { GrantFacts, KmsRequest } from './types';

/** Grants (KMS Developer Guide, "Grants in AWS KMS", "Creating grants", "Retiring and revoking grants"). */

type Pairs = Readonly<Record<string, string>>;

/** How a grant meets a request. */
export interface GrantMeeting {
  readonly allows: boolean;
  readonly closeness?: Closeness;
  /** Why a grant of this principal and operation does not allow after all. */
  readonly because?: string;
}

const NO: GrantMeeting = { allows: false };

/** Whether a grant allows the request, whatever the Allow statements of policies say. */
export function meetsGrant(grant: GrantFacts, request: KmsRequest, caller: Caller, sourceArn: string | undefined): GrantMeeting {
  const operation = request.action.slice('kms:'.length);
  if (operation === 'RetireGrant') return mayRetire(grant, request, caller);
  const closeness = namedAs(grant.granteePrincipal, caller);
  if (!closeness || !grant.operations.includes(operation)) return NO;
  const because = operation === 'CreateGrant' ? exceeds(grant, request) ?? failsSource(grant, sourceArn) : failsConstraints(grant, request, sourceArn);
  return because === undefined ? { allows: true, closeness } : { allows: false, closeness, because };
}

function namedAs(principal: string | undefined, caller: Caller): Closeness | undefined {
  if (principal === undefined) return undefined;
  if (caller.kind === 'service') return principal === caller.principal ? 'itself' : undefined;
  if (principal === caller.ownArn) return 'itself';
  return principal === caller.issuerArn ? 'issuer' : undefined;
}

/** Operations to which encryption context constraints apply: the cryptographic ones of symmetric keys. */
const CONSTRAINED = [
  'Decrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext', 'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom', 'ReEncryptTo',
];

function failsConstraints(grant: GrantFacts, request: KmsRequest, sourceArn: string | undefined): string | undefined {
  const { EncryptionContextEquals: equals, EncryptionContextSubset: subset } = grant.constraints ?? {};
  const context = encryptionContextOf(request);
  // DescribeKey, GetPublicKey and the like have no encryption context: the constraint is not theirs.
  if (CONSTRAINED.includes(request.action.slice('kms:'.length))) {
    if (equals && !sameContext(context, equals)) return `the encryption context is not exactly ${JSON.stringify(equals)}`;
    if (subset && !includesContext(context, subset)) return `the encryption context does not include ${JSON.stringify(subset)}`;
  }
  return failsSource(grant, sourceArn);
}

function failsSource(grant: GrantFacts, sourceArn: string | undefined): string | undefined {
  const wanted = grant.constraints?.SourceArn;
  return wanted === undefined || wanted === sourceArn ? undefined : `aws:SourceArn is ${sourceArn ? `'${sourceArn}'` : 'absent'}, not '${wanted}'`;
}

/** Under a grant only a grant that gives no more, as narrowly or more so, may be created. */
function exceeds(parent: GrantFacts, { requestedGrant: child }: KmsRequest): string | undefined {
  if (!child) return 'the request does not say which grant it asks for';
  const extra = child.operations.find((operation) => !parent.operations.includes(operation));
  if (extra !== undefined) return `the new grant would give ${extra}, which this one does not`;
  const { EncryptionContextEquals: equals, EncryptionContextSubset: subset } = parent.constraints ?? {};
  const { EncryptionContextEquals: childEquals, EncryptionContextSubset: childSubset } = child.constraints ?? {};
  if (equals && !(childEquals && sameContext(childEquals, equals))) return 'the new grant would not have the same EncryptionContextEquals';
  const narrower = childEquals ?? childSubset;
  if (subset && !(narrower && includesContext(narrower, subset))) return 'the new grant would not have all pairs of EncryptionContextSubset';
  return undefined;
}

/** Whoever the grant names as its retiring principal, the grantee if RetireGrant is among the operations, and nobody by constraints. */
function mayRetire(grant: GrantFacts, { grantId }: KmsRequest, caller: Caller): GrantMeeting {
  if (grantId !== undefined && grant.grantId !== grantId) return NO;
  const asRetiring = namedAs(grant.retiringPrincipal, caller);
  if (asRetiring) return { allows: true, closeness: asRetiring };
  const asGrantee = namedAs(grant.granteePrincipal, caller);
  return asGrantee && grant.operations.includes('RetireGrant') ? { allows: true, closeness: asGrantee } : NO;
}

function includesContext(context: Pairs, wanted: Pairs): boolean {
  return Object.entries(wanted).every(([name, value]) => Object.hasOwn(context, name) && context[name] === value);
}

function sameContext(context: Pairs, wanted: Pairs): boolean {
  return Object.keys(context).length === Object.keys(wanted).length && includesContext(context, wanted);
}

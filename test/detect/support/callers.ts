import type { Random } from './random';

export const ACCOUNT = '111122223333';
export const OTHER_ACCOUNT = '444455556666';
export const REGION = 'us-east-1';

/** Who calls, as CloudTrail's `userIdentity` tells it (CloudTrail User Guide, "CloudTrail userIdentity element"). */
export type Caller =
  | { readonly kind: 'role'; readonly name: string; readonly session?: string; readonly path?: string }
  /** A role whose call to a service becomes the service's call to KMS. */
  | { readonly kind: 'through a service'; readonly name: string; readonly service: string; readonly session?: string }
  | { readonly kind: 'user'; readonly name: string }
  | { readonly kind: 'root' }
  /** A service in its own name. */
  | { readonly kind: 'service'; readonly service: string }
  /** A principal of another account, as the key's account sees it: no ARN, no issuer. */
  | { readonly kind: 'other account'; readonly account?: string }
  /** A role of another account, told in full. */
  | { readonly kind: 'role of another account'; readonly name: string; readonly account?: string };

export interface Identity {
  readonly userIdentity: Readonly<Record<string, unknown>>;
  readonly sourceIPAddress: string;
  readonly userAgent: string;
  /** As a refusal's message names the caller. */
  readonly arn?: string;
}

/** One caller of each kind. */
export const ONE_OF_EACH: readonly Caller[] = [
  { kind: 'role', name: 'Billing' },
  { kind: 'through a service', name: 'Billing', service: 's3.amazonaws.com' },
  { kind: 'user', name: 'alice' },
  { kind: 'root' },
  { kind: 'service', service: 'dynamodb.amazonaws.com' },
  { kind: 'other account' },
  { kind: 'role of another account', name: 'Partner' },
];

export function identityOf(caller: Caller, random: Random, time: string): Identity {
  switch (caller.kind) {
    case 'role': return direct(roleSession(ACCOUNT, caller.name, caller.session ?? `${caller.name}-fn`, random, time, caller.path), random);
    case 'role of another account': return direct(roleSession(caller.account ?? OTHER_ACCOUNT, caller.name, caller.name, random, time), random);
    case 'through a service': {
      const session = roleSession(ACCOUNT, caller.name, caller.session ?? `${caller.name}-fn`, random, time);
      const userIdentity = { ...session, invokedBy: caller.service };
      return { userIdentity, sourceIPAddress: caller.service, userAgent: caller.service, arn: String(session.arn) };
    }
    case 'user': return direct({
      type: 'IAMUser',
      principalId: random.id('AIDA'),
      arn: `arn:aws:iam::${ACCOUNT}:user/${caller.name}`,
      accountId: ACCOUNT,
      accessKeyId: random.id('AKIA', 16),
      userName: caller.name,
    }, random);
    case 'root': return direct({
      type: 'Root',
      principalId: ACCOUNT,
      arn: `arn:aws:iam::${ACCOUNT}:root`,
      accountId: ACCOUNT,
      accessKeyId: random.id('ASIA', 16),
      sessionContext: { attributes: { creationDate: time, mfaAuthenticated: 'true' } },
    }, random);
    case 'service': return { userIdentity: { type: 'AWSService', invokedBy: caller.service }, sourceIPAddress: caller.service, userAgent: caller.service };
    case 'other account': return {
      userIdentity: { type: 'AWSAccount', principalId: `${random.id('AROA')}:session`, accountId: caller.account ?? OTHER_ACCOUNT },
      sourceIPAddress: address(random),
      userAgent: AGENT,
    };
  }
}

function roleSession(account: string, name: string, session: string, random: Random, time: string, path = '/'): Readonly<Record<string, unknown>> {
  const principalId = random.id('AROA');
  return {
    type: 'AssumedRole',
    principalId: `${principalId}:${session}`,
    arn: `arn:aws:sts::${account}:assumed-role/${name}/${session}`,
    accountId: account,
    accessKeyId: random.id('ASIA', 16),
    sessionContext: {
      sessionIssuer: { type: 'Role', principalId, arn: `arn:aws:iam::${account}:role${path}${name}`, accountId: account, userName: name },
      attributes: { creationDate: time, mfaAuthenticated: 'false' },
    },
  };
}

function direct(userIdentity: Readonly<Record<string, unknown>>, random: Random): Identity {
  return { userIdentity, sourceIPAddress: address(random), userAgent: AGENT, arn: String(userIdentity.arn) };
}

const AGENT = 'aws-sdk-js/3.1162.0 ua/2.1 os/linux lang/js md/nodejs#22.23.5 api/kms#3.1162.0';

/** Of the nets that are kept for documents (RFC 5737). */
function address(random: Random): string {
  return `${random.of(['192.0.2', '198.51.100', '203.0.113'])}.${1 + random.below(254)}`;
}

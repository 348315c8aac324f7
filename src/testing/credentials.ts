import { randomBytes, randomInt } from 'node:crypto';
import type { CallingPrincipal } from './principals';
import { VPC_ENDPOINT_KEYS } from '../spec/global-condition-keys';

/** What signs requests; `@aws-sdk/*` clients take it as it is. */
export interface LocalCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** With the temporary credentials of a role. */
  readonly sessionToken?: string;
}

/** What goes with every request of a session besides who it is. */
export interface SessionContext {
  /** Condition keys of network and login: `aws:SourceIp`, `aws:SourceVpce`, `aws:MultiFactorAuthPresent` … */
  readonly conditionKeys?: Readonly<Record<string, string | readonly string[]>>;
}

/** Credentials, and who holds them. */
export interface IssuedCredentials {
  readonly credentials: LocalCredentials;
  readonly principal: CallingPrincipal;
  readonly context: SessionContext;
  /** `aws:TokenIssueTime` of temporary credentials. */
  readonly issuedAt: Date;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Credentials that this local KMS has given out, and takes. They are of no use anywhere else. */
export class CredentialStore {
  private readonly byAccessKeyId = new Map<string, IssuedCredentials>();
  private readonly byHolder = new Map<string, IssuedCredentials>();

  constructor(private readonly clock: () => Date) {}

  /** Credentials of a principal: the same each time it is asked for the same session. */
  public issue(principal: CallingPrincipal, context: SessionContext = {}): IssuedCredentials {
    const holder = JSON.stringify([principal.arn, principal.identityArn, principal.uniqueId, context]);
    const known = this.byHolder.get(holder);
    if (known) return known;
    const issued = { credentials: newCredentials(principal.temporary), principal, context, issuedAt: this.clock() };
    this.byHolder.set(holder, issued);
    this.byAccessKeyId.set(issued.credentials.accessKeyId, issued);
    return issued;
  }

  public find(accessKeyId: string): IssuedCredentials | undefined {
    return this.byAccessKeyId.get(accessKeyId);
  }
}

/** The condition keys of a call that is made with credentials, from the principal itself. What the session is said to have goes first. */
export function conditionKeysOf({ principal, context, issuedAt }: IssuedCredentials): NonNullable<SessionContext['conditionKeys']> {
  const given = context.conditionKeys ?? {};
  const throughEndpoint = Object.keys(given).some((name) => VPC_ENDPOINT.has(name.toLowerCase()));
  return {
    // Over loopback; through a VPC endpoint there is no such key.
    ...(!throughEndpoint && { 'aws:SourceIp': '127.0.0.1' }),
    ...(principal.temporary && { 'aws:TokenIssueTime': issuedAt.toISOString() }),
    ...given,
  };
}

const VPC_ENDPOINT: ReadonlySet<string> = new Set(VPC_ENDPOINT_KEYS.map((name) => name.toLowerCase()));

/** IAM User Guide, "IAM identifiers": ASIA begins temporary access key ids, AKIA those of users. */
function newCredentials(temporary: boolean): LocalCredentials {
  const id = Array.from({ length: 16 }, () => BASE32[randomInt(BASE32.length)]).join('');
  return {
    accessKeyId: `${temporary ? 'ASIA' : 'AKIA'}${id}`,
    secretAccessKey: randomBytes(30).toString('base64'),
    ...(temporary && { sessionToken: randomBytes(192).toString('base64') }),
  };
}

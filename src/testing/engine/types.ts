import type { Decision, KmsRequest, PolicyDocument } from '../../authz';

/** Who makes a call, and how it reached KMS. */
export interface Caller {
  /** User, role, session or account-root ARN; or a service principal, `logs.us-east-1.amazonaws.com`. */
  readonly principal: string;
  /**
   * Account that the call belongs to: key ids and alias names without an account are looked up there, and CreateKey creates there.
   *
   * @default - the account in the principal's ARN; for a service principal the engine's account
   */
  readonly account?: string;
  /**
   * Region of the endpoint that was called.
   *
   * @default - the engine's region
   */
  readonly region?: string;
  /** `s3.us-east-1.amazonaws.com` in a forward access session; absent in a direct call. */
  readonly viaService?: string;
  /** Condition keys of the caller or its network: `aws:SourceArn`, `aws:SourceIp`, `kms:GrantIsForAWSResource` … */
  readonly conditionKeys?: Readonly<Record<string, string | readonly string[]>>;
}

/**
 * A key that exists from the start, as a template or a test defines it. A key of `src/template` fits.
 * Only what is given differs from the defaults of CreateKey.
 */
export interface KeyDefinition {
  /** Its whole policy; it is taken as it is, as after a deployment that succeeded. */
  readonly policy: PolicyDocument;
  /** @default - a random key id */
  readonly keyId?: string;
  /** @default - the engine's account */
  readonly account?: string;
  /** @default - the engine's region */
  readonly region?: string;
  /** @default 'SYMMETRIC_DEFAULT' */
  readonly spec?: string;
  /** Needed where the spec has more than one. @default - the one usage of the spec */
  readonly usage?: string;
  /** @default 'AWS_KMS' */
  readonly origin?: string;
  readonly multiRegion?: boolean;
  readonly multiRegionKeyType?: 'PRIMARY' | 'REPLICA';
  readonly description?: string;
  /** @default true */
  readonly enabled?: boolean;
  /** Automatic rotation. @default false */
  readonly rotation?: boolean;
  /** @default 365 */
  readonly rotationPeriodInDays?: number;
  readonly tags?: Readonly<Record<string, string>>;
  /**
   * The key itself: 32 bytes for a symmetric key, the secret of an HMAC key, PKCS #8 DER of an RSA or elliptic-curve
   * private key, the 32-byte seed of an ML-DSA key.
   *
   * @default - generated when first needed
   */
  readonly material?: Uint8Array;
}

/** One question to authorization within a call, and its answer. */
export interface AuthorizationRecord {
  /** `kms:Decrypt` */
  readonly action: string;
  readonly keyArn?: string;
  readonly decision: Decision;
}

/** What a call was, who made it and how it ended. No secret is in it: inputs and outputs are left out. */
export interface RequestRecord {
  readonly at: Date;
  readonly principal: string;
  readonly account: string;
  readonly region: string;
  readonly viaService?: string;
  /** `Decrypt` */
  readonly operation: string;
  /** ARN of the key, once found; the destination key of a ReEncrypt. */
  readonly keyArn?: string;
  readonly encryptionContext?: Readonly<Record<string, string>>;
  /** Every authorization of the call, in order: none where the input was refused first, two in a ReEncrypt. */
  readonly authorizations: readonly AuthorizationRecord[];
  /** The answer that decided: the last of `authorizations`. */
  readonly decision?: Decision;
  /** `AccessDeniedException` …; absent if the call succeeded. */
  readonly error?: string;
  readonly errorMessage?: string;
}

/** What an engine needs from outside. */
export interface KmsEngineOptions {
  /** @default '111122223333' */
  readonly account?: string;
  /** @default 'us-east-1' */
  readonly region?: string;
  /** @default - the system's clock */
  readonly clock?: () => Date;
  /** May this request be made? Asked before the state of the key and before any cryptography. */
  readonly authorize: (request: KmsRequest) => Decision;
  /**
   * Whether there is a user or role of an ARN, for key policies that name it; undefined where nobody can tell.
   *
   * @default - nobody can tell: key policies may name any
   */
  readonly principalIsHere?: (principalArn: string) => boolean | undefined;
  /** Told of every call when it has ended. */
  readonly onRequest?: (record: RequestRecord) => void;
}

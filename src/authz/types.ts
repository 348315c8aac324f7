/** A policy document of IAM's JSON grammar. */
export interface PolicyDocument {
  readonly Version?: string;
  readonly Id?: string;
  readonly Statement: PolicyStatement | readonly PolicyStatement[];
}

/** One, or a list: IAM's JSON has either. */
export type OneOrMore<T> = T | readonly T[];

/** `Principal` of a statement: everybody, or principals by their kind (`AWS`, `Service` …). */
export type PrincipalElement = '*' | Readonly<Record<string, OneOrMore<string>>>;

/** A statement of a policy document. */
export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: PrincipalElement;
  readonly NotPrincipal?: PrincipalElement;
  readonly Action?: OneOrMore<string>;
  readonly NotAction?: OneOrMore<string>;
  readonly Resource?: OneOrMore<string>;
  readonly NotResource?: OneOrMore<string>;
  /** Operator → condition key → value or values. */
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMore<string | number | boolean>>>>>;
}

/** A policy and the name under which a decision refers to it. */
export interface NamedPolicy {
  readonly name: string;
  readonly document: PolicyDocument;
}

/** One KMS key as the decision sees it. */
export interface KeyFacts {
  readonly arn: string;
  readonly policy: PolicyDocument;
  readonly spec: string;
  readonly usage: string;
  readonly origin?: string;
  readonly multiRegion?: boolean;
  readonly multiRegionKeyType?: 'PRIMARY' | 'REPLICA';
  /** Alias names, `alias/…`. */
  readonly aliases?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly grants?: readonly GrantFacts[];
}

/** A grant, fully propagated. */
export interface GrantFacts {
  readonly grantId: string;
  readonly granteePrincipal: string;
  readonly retiringPrincipal?: string;
  readonly operations: readonly string[];
  readonly constraints?: {
    readonly EncryptionContextSubset?: Readonly<Record<string, string>>;
    readonly EncryptionContextEquals?: Readonly<Record<string, string>>;
    readonly SourceArn?: string;
  };
}

/** A user or role and all the policies that bound it. */
export interface IdentityFacts {
  readonly arn: string;
  readonly policies?: readonly NamedPolicy[];
  readonly boundary?: NamedPolicy;
  readonly sessionPolicies?: readonly NamedPolicy[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly organizationId?: string;
  /** `o-…/r-…/ou-…/`, for aws:PrincipalOrgPaths. */
  readonly organizationPaths?: readonly string[];
}

/** A request to KMS as authorization sees it. */
export interface KmsRequest {
  /** User, role, session, federated-user or account-root ARN; or a service principal, `logs.us-east-1.amazonaws.com`. */
  readonly principal: string;
  /** `kms:Decrypt`. ReEncrypt is two: `kms:ReEncryptFrom` on the source key and `kms:ReEncryptTo` on the destination. */
  readonly action: string;
  /** The key the request is about; absent for account-level actions such as ListKeys. */
  readonly key?: KeyFacts;
  /** The alias ARN, for alias actions: authorization asks for both the alias (by identity policy) and the key. */
  readonly aliasArn?: string;
  /** The identifier as the caller wrote it: `kms:RequestAlias` is there only if it was an alias. */
  readonly requestedKeyId?: string;
  readonly encryptionContext?: Readonly<Record<string, string>>;
  /**
   * Condition keys that follow from the request's parameters or network: `kms:SigningAlgorithm`, `aws:SourceIp` … An empty list says that the
   * request does not carry the key. A key that only some requests carry is absent if it is not here; one that every request carries, such as
   * `aws:userid` or `aws:CurrentTime`, is not known then, and of `aws:SourceIp` and what temporary credentials bring not even whether it is there.
   */
  readonly conditionKeys?: Readonly<Record<string, OneOrMore<string>>>;
  /** `s3.us-east-1.amazonaws.com` in a forward access session; absent in a direct call. */
  readonly viaService?: string;
  /** For CreateGrant, what the new grant would give: a grantee may hand on no more than it has. */
  readonly requestedGrant?: Pick<GrantFacts, 'operations' | 'constraints'>;
  /** For RetireGrant and RevokeGrant, the grant to end: one of the key's. */
  readonly grantId?: string;
}

/**
 * What is asked. Where AWS's pages are silent or contradict each other, or a value is not known, there is an answer on either side:
 * - `surely`: an Allow acts only on what holds for certain, a Deny on all that does not fail for certain. What is allowed is allowed by AWS.
 * - `perhaps`: the other way round. What is not allowed is not allowed by AWS, which is what a proof of absence stands on.
 */
export type Bound = 'surely' | 'perhaps';

/** All that a decision may need to know besides the request. It is taken at its word: an identity that it does not name has no policies. */
export interface World {
  readonly identities: readonly IdentityFacts[];
}

/** A statement (or grant) that took part in a decision. */
export interface StatementReference {
  readonly kind: 'key policy' | 'identity policy' | 'permissions boundary' | 'session policy' | 'grant';
  /** The policy's name, or the grant id. */
  readonly policy: string;
  /** The statement's Sid, or its position: `#2`. */
  readonly statement: string;
  readonly effect: 'Allow' | 'Deny';
}

/** How a question ends: by a statement that allows, for want of one, or by one that denies. */
export type Outcome = 'Allowed' | 'ImplicitlyDenied' | 'ExplicitlyDenied';

/** The answer, and why. */
export interface Decision {
  readonly outcome: Outcome;
  readonly allowed: boolean;
  /** The statements that decided: all that had to allow, or the deny; empty for an implicit denial. */
  readonly decidedBy: readonly StatementReference[];
  /** One sentence for people: who may or may not do what, and by which statement, or what was missing. */
  readonly reason: string;
  /** Statements that name the principal and the action but whose conditions failed, with the first condition that did: for error messages. */
  readonly nearMisses: readonly { readonly statement: StatementReference; readonly because: string }[];
}

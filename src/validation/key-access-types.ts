import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/** Which key it is about, and what a template does not tell of it. */
export interface KeyAccessProps {
  /**
   * The key: a construct of the app that the template was made of, an L2, an L1 or one of this library.
   *
   * @default - the one of `logicalId`; else the only key that there is
   */
  readonly key?: IConstruct;

  /**
   * The logical id of the key, for templates that no app here made.
   *
   * @default - the only key that there is
   */
  readonly logicalId?: string;

  /**
   * The account of a stack whose environment is open.
   *
   * @default - that of the stack of `key`; else the one that the key policies name by its digits as their own; else 111122223333
   */
  readonly account?: string;

  /**
   * The Region of a stack whose environment is open.
   *
   * @default - that of the stack of `key`; else us-east-1
   */
  readonly region?: string;

  /**
   * Values of parameters of the template, by name.
   *
   * @default - the defaults of the template; what has none is not known
   */
  readonly parameters?: { [name: string]: string };

  /**
   * Who may change the key policy, and is trusted not to let others in.
   *
   * @default - the roles that CloudFormation deploys with: as the assembly names them, else those of `cdk bootstrap` for the key's account and Region that the
   * key policy names
   */
  readonly policyOwners?: IGrantable[];

  /**
   * Whether claims leave out the ways round them: who may change the key policy, create grants or make replicas can let in anybody. They are named in the message,
   * and no claim fails for them.
   *
   * @default false
   */
  readonly ignoreEscalation?: boolean;
}

/** A request to the key. */
export interface KeyRequest {
  /** ARN of a role, user, role session or account root, which may be a token (`role.roleArn`); or a service principal, `logs.eu-west-1.amazonaws.com`. */
  readonly principal: string;

  /** `kms:Decrypt`. ReEncrypt is two actions: `kms:ReEncryptFrom` and `kms:ReEncryptTo`. */
  readonly action: string;

  /** @default - none */
  readonly encryptionContext?: { [name: string]: string };

  /**
   * The service that makes the request for the principal: `s3.eu-west-1.amazonaws.com`.
   *
   * @default - none: the principal calls KMS directly
   */
  readonly viaService?: string;

  /**
   * Values of condition keys that follow from nothing else here, such as `aws:SourceIp`.
   *
   * @default - what only some requests carry is absent, what all carry is not known
   */
  readonly conditionKeys?: { [name: string]: string[] };

  /**
   * Whether the principal is taken to have IAM policies that allow everything. Those of principals that the template does not make are not known.
   *
   * @default false
   */
  readonly anyIamPolicies?: boolean;

  /**
   * ARN of the alias, of actions on aliases.
   *
   * @default - none
   */
  readonly aliasArn?: string;

  /**
   * The identifier of the key as the caller wrote it: an alias, or the id.
   *
   * @default - the key's ARN
   */
  readonly requestedKeyId?: string;

  /**
   * What a grant would give, of `kms:CreateGrant`: its `operations`, and `constraints`.
   *
   * @default - nothing is known of it
   */
  readonly requestedGrant?: { [name: string]: any };
}

/** What else is asked of a required encryption context. */
export interface RequiredContextProps {
  /**
   * The value that it has to have.
   *
   * @default - any
   */
  readonly value?: string;

  /**
   * The actions that it is asked of: `kms:Decrypt`, or patterns, `kms:GenerateDataKey*`.
   *
   * @default - all uses of the key that carry an encryption context
   */
  readonly actions?: string[];

  /**
   * Whether it is asked of direct calls alone, and not of those that services make, for a principal or in their own names: these send contexts of their own.
   *
   * @default false
   */
  readonly directOnly?: boolean;
}

/** Whether a claim about all requests to a key holds. */
export interface KeyAccessAnswer {
  /** True only if it is proved. */
  readonly holds: boolean;

  /** Whether the template does not tell: then it is proved neither that the claim holds nor that it does not. */
  readonly undecidable: boolean;

  /** The claim, what became of it, the request that shows it, and what nobody here can know. */
  readonly message: string;

  /**
   * A request that shows it, of a claim about all requests that does not hold: `KeyAccess.allows` of it holds. Of an undecidable claim one that may be allowed.
   *
   * @default - none
   */
  readonly witness?: KeyRequest;
}

/**
 * How an AWS service uses a KMS key that one of its resources was given. One row is one statement of the key policy, so that it can be laid
 * beside the statement that AWS documents. The statements of a service view are written from rows, and from nothing else.
 *
 * A service asks KMS in one of three ways (KMS Developer Guide, "kms:ViaService", "Grants for AWS services", "Permissions for AWS services in key policies"):
 * with the permissions of whoever called it, then `kms:ViaService` is `<service>.<region>.amazonaws.com` in every partition; in its own name, as a
 * service principal that may tell for which resource; or with the credentials of a role, which look like the role's own call.
 */

/** Whom a row lets use the key. */
export enum ServiceUser {
  /** Whoever reads data through the service: constructs of CDK call `grantDecrypt` for them, in `grantRead` and the like. */
  READER = 'READER',
  /** Whoever writes data through the service, and may well not read it: constructs of CDK call `grantEncrypt` for them. */
  WRITER = 'WRITER',
  /** Whoever creates, changes and deletes the resources: CloudFormation's role. */
  DEPLOYER = 'DEPLOYER',
  /** A role of the app that the service assumes. */
  ASSUMED_ROLE = 'ASSUMED_ROLE',
  /** The role that IAM makes for the service in the account. */
  SERVICE_LINKED_ROLE = 'SERVICE_LINKED_ROLE',
  /** The service itself. */
  SERVICE = 'SERVICE',
}

/** In which way a service asks KMS. */
export enum ServiceCall {
  /** For its caller: a forward access session, told by `kms:ViaService` and `kms:CallerAccount`. */
  THROUGH_SERVICE = 'THROUGH_SERVICE',
  /** In its own name: a service principal, told by `aws:SourceArn`, `aws:SourceAccount` or the encryption context. `kms:ViaService` is absent. */
  AS_SERVICE = 'AS_SERVICE',
  /** In the name of a role, with its credentials. `kms:ViaService` is absent. */
  AS_ROLE = 'AS_ROLE',
}

/** When a row becomes a statement. */
export enum ServiceRowTime {
  /** When a construct, or the app, grants through the view. */
  GRANTED = 'GRANTED',
  /** As soon as there is a view to give to a resource: the service needs it whatever is granted. */
  GIVEN = 'GIVEN',
  /** While another resource of the app names one that has the view, as `namedIn` says: its bucket policy that lets in the service, a function whose code lies there. */
  NAMED = 'NAMED',
  /** Never: a grant that the service made allows the call. The row keeps the key policy's denials from it. */
  UNDER_GRANT = 'UNDER_GRANT',
}

/** One pair of the encryption context that a service sends, as a row asks for it. */
export interface ServiceContext {
  /** The key of the pair, like `aws:s3:arn`. */
  readonly key: string;

  /**
   * Values for a resource, as `StringLike` takes them: `{name}` stands for its name, `{path}` for its name with one slash in front, and `{partition}`, `{region}`,
   * `{account}` and `{urlSuffix}` for the key's.
   *
   * @default - any value: the pair has to be there
   */
  readonly values?: string[];

  /**
   * What imported constructs of CDK (`Bucket.fromBucketName`) tell of their resource, the best first.
   *
   * @default - nothing: they can be any resource of the service
   */
  readonly imported?: ImportedName[];
}

/** A property by which an imported construct of CDK tells which resource it is. */
export interface ImportedName {
  /** The name of the property, like `bucketName`. */
  readonly property: string;

  /**
   * Values of the context for what the property tells.
   *
   * @default - the values of the context: the property tells the name
   */
  readonly values?: string[];
}

/** A property that a resource has to have. One that only deployment knows counts as there. */
export interface WantedProperty {
  /** From `Properties` down: `LaunchTemplateData.InstanceMarketOptions`. */
  readonly path: string;

  /**
   * What it has to be, like `spot`.
   *
   * @default - anything
   */
  readonly value?: string;
}

/** A property by which a resource of the app refers to another. */
export interface ReferringProperty {
  /** The type of the resource: `AWS::Backup::BackupSelection`. */
  readonly resourceType: string;

  /** From `Properties` down, `*` for each element of a list. */
  readonly path: string;
}

/** A property by which another resource of the app names one that has the view. */
export interface NamingProperty {
  /** The type of the other resource: `AWS::S3::BucketPolicy`. */
  readonly resourceType: string;

  /** From `Properties` down, `*` for each element of a list: there is a reference, a name or a URL. */
  readonly path: string;

  /**
   * For a resource policy: the property that holds it. It has to let in the service principal of the row.
   *
   * @default - to be named is enough
   */
  readonly policyPath?: string;

  /**
   * What the resource policy has to let the service do, like `s3:PutObject`.
   *
   * @default - anything
   */
  readonly policyAction?: string;

  /**
   * Where the property holds ARNs, or names as well: the ARN of a resource which has the view, with the placeholders of a context's values.
   *
   * @default - it holds names, URLs or references
   */
  readonly arn?: string;

  /**
   * Where the property holds whole ARNs or longer texts, like definitions: what stands before the name there, like `:activity:`.
   *
   * @default - it holds names, URLs or references
   */
  readonly nameAfter?: string;

  /**
   * Beside `path`, in the same elements of lists: where this is there too, the service does not come in its own name. A rule may send under a role.
   *
   * @default - none
   */
  readonly unlessPath?: string;

  /**
   * What the other resource has to have besides.
   *
   * @default - nothing
   */
  readonly having?: WantedProperty;

  /**
   * What the resource that is named has to have: a launch template that asks for Spot Instances.
   *
   * @default - nothing
   */
  readonly namedHaving?: WantedProperty;

  /**
   * For a resource that does nothing by itself, like a backup plan: what acts for it, and refers to it there. The row's `rolePath` is of that one.
   *
   * @default - the resource itself acts
   */
  readonly actsBy?: ReferringProperty;

  /**
   * For a row whose `sourceArn` has `{sender}`: the property that tells who sends, by reference, name or ARN. A subscription names the topic.
   *
   * @default - the resource itself is the sender
   */
  readonly senderPath?: string;
}

/** Where resources that have the view tell of which further accounts the service works with them. */
export interface SourceAccountProperty {
  /** From `Properties` down, `*` for each element of a list: there is an ARN with the account, or a resource policy that lets in the service principal of the row for it. */
  readonly path: string;

  /**
   * An action that a resource policy allows such accounts, like `dynamodb:AssociateTableReplica`.
   *
   * @default - none: the accounts are only in the conditions on the service's source
   */
  readonly policyAction?: string;
}

/** One statement of the key policy that a service needs. */
export interface ServiceRow {
  /** The statement's id: letters and digits, unique in the service. */
  readonly sid: string;

  /** Whom the statement lets use the key. */
  readonly who: ServiceUser;

  /** In which way KMS is asked. */
  readonly shape: ServiceCall;

  /** When the statement is written. */
  readonly when: ServiceRowTime;

  /**
   * `kms:ViaService` of calls through the service: `s3.{region}.amazonaws.com`, or `dynamodb.*.amazonaws.com` where they come from other Regions as well.
   *
   * @default - none: the service asks in its own name or in a role's
   */
  readonly via?: string;

  /**
   * The service principal, `logs.{region}.amazonaws.com` (with `{urlSuffix}` at its end where it differs by partition), or the ARN of the role that the service assumes or is linked to.
   * Only a row that is GRANTED, and whose context names the resource, is for a SERVICE without one: for any that is granted by name, and that no other row is for.
   *
   * @default - whom the grant is for
   */
  readonly principal?: string;

  /**
   * The service principal that constructs of CDK grant to, where they know it by another name than `principal`.
   *
   * @default - the same
   */
  readonly principalInCdk?: string;

  /** Actions, spelled out: `kms:Decrypt`. `kms:CreateGrant` stands alone, as its conditions are on no other action. */
  readonly actions: string[];

  /**
   * The encryption context. Not for `kms:DescribeKey`, which carries none: KMS would deny it.
   *
   * @default - none is asked for
   */
  readonly context?: ServiceContext;

  /**
   * `aws:SourceArn` of calls in the service's own name, with the placeholders of a context's values. In a row that is NAMED, `{sender}` stands for the name of the
   * resource that has the service send (see `namedIn`), and `{region}`, `{account}` and `aws:SourceAccount` are that one's. With a `policyPath`, what conditions of the
   * policy ask `aws:SourceArn` to be is asked here too, as far as it is written out, and any sender where it is not.
   *
   * @default - not asked for
   */
  readonly sourceArn?: string;

  /**
   * `aws:SourceAccount` of calls in the service's own name: `{account}`.
   *
   * @default - not asked for
   */
  readonly sourceAccount?: string;

  /**
   * Where further accounts for `aws:SourceAccount` stand, beside `sourceAccount`.
   *
   * @default - nowhere
   */
  readonly sourceAccountsIn?: SourceAccountProperty[];

  /**
   * The types of the resources that the row is about, of those that take a key: the statement is written while one of them has the view, and names no others.
   *
   * @default - all of them
   */
  readonly resourceTypes?: string[];

  /**
   * What a resource has to have for the row to be about it: `LoggingConfiguration.Destinations`.
   *
   * @default - nothing
   */
  readonly having?: WantedProperty;

  /**
   * For a row that is NAMED: how other resources name one that has the view. The statement is about those that are named.
   *
   * @default - none
   */
  readonly namedIn?: NamingProperty[];

  /**
   * For calls in a role's name: where a resource that has the key names that role, from `Properties` down, like `RoleArn`; in a row that is NAMED, where the
   * resource does that names one. A row that is GIVEN or NAMED is for the roles that are found there, each for its own resources. What the key policy denies direct
   * calls leaves out such roles, where the request carries the row's context.
   *
   * @default - nobody knows which role
   */
  readonly rolePath?: string;

  /**
   * For readers and writers, where constructs of CDK grant nothing on the key: actions of IAM policies, like `logs:GetLogEvents`. Whom a policy of the app allows one of
   * them on a resource that has the view is granted the row.
   *
   * @default - whoever is granted it by the construct, or on the view, and nobody else
   */
  readonly userActions?: string[];

  /**
   * With `userActions`: the property by which a resource that has the view names another, whose users are meant. Whoever receives from a dead-letter queue decrypts
   * what was encrypted for the queue before it.
   *
   * @default - users of the resource itself
   */
  readonly usersOf?: string;

  /**
   * Operations that a grant may give, for `kms:CreateGrant`: `Decrypt`.
   *
   * @default - any. Through the service, grants are for AWS services only (`kms:GrantIsForAWSResource`) in any case
   */
  readonly grantOperations?: string[];

  /** The page that says so. */
  readonly page: string;

  /** The day on which somebody last read it there: `2026-11-28`. */
  readonly date: string;
}

/** Whose name is in the encryption context when a property of a resource takes a key. */
export enum NameInContext {
  /** The resource's own. */
  OWN = 'OWN',
  /** That of a resource somewhere else. */
  ELSEWHERE = 'ELSEWHERE',
  /** That of a resource which names the key itself as well. */
  ANOTHER = 'ANOTHER',
}

/** A property of a CloudFormation resource that takes a key. */
export interface KeyProperty {
  /** The type of the resource: `AWS::S3::Bucket`. */
  readonly resourceType: string;

  /** From `Properties` down; `*` stands for each element of a list. Without letter case, in which CDK and CloudFormation differ. */
  readonly path: string;

  /**
   * Whose name is in the encryption context.
   *
   * @default NameInContext.OWN
   */
  readonly nameInContext?: NameInContext;

  /**
   * For a resource somewhere else: the property with its ARN, in the same elements of lists as the key.
   *
   * @default - nothing tells it
   */
  readonly arnPath?: string;

  /**
   * Whether the key may lie in another Region than the resource.
   *
   * @default false
   */
  readonly anyRegion?: boolean;

  /**
   * For parts of a resource that lie in Regions of their own, like replicas: the property with the Region that the key has to lie in, in the same elements of
   * lists as the key.
   *
   * @default - none: the resource's own Region, or any, as `anyRegion` says
   */
  readonly regionPath?: string;
}

/**
 * What CloudFormation begins a name with that it makes itself (CloudFormation User Guide, "Name type"; `IdentifierUtils` of the CloudFormation CLI's Java
 * plugin).
 */
export enum GeneratedName {
  /** `<stack>-<logical id>-` */
  STACK_AND_ID = 'STACK_AND_ID',
  /** The same in lower case. */
  LOWER_CASE_STACK_AND_ID = 'LOWER_CASE_STACK_AND_ID',
  /** `<logical id>-` */
  ID = 'ID',
}

/** How the name of a resource comes about that is in encryption contexts. */
export interface ResourceName {
  /** The type of the resource: `AWS::S3::Bucket`. */
  readonly resourceType: string;

  /** The property that holds the name. */
  readonly property: string;

  /**
   * For a property that tells another resource, by reference, name or ARN: what stands before the name in an ARN, like `function:`. The name is the other's.
   *
   * @default - the property holds the resource's own name
   */
  readonly nameAfter?: string;

  /**
   * The property that holds the beginning of a name whose end, `-<account>-<region>-an`, CloudFormation makes.
   *
   * @default - there is none
   */
  readonly prefixProperty?: string;

  /**
   * The property that tells what the resource lies in: in ARNs that one's name stands before its own, with a slash between. `default` and none are not written.
   *
   * @default - it lies in nothing
   */
  readonly parentProperty?: string;

  /**
   * What CloudFormation begins the name with where the template has none.
   *
   * @default - nobody knows: without a name, the resource may be any of the service
   */
  readonly generated?: GeneratedName;

  /**
   * The longest name that CloudFormation makes. A beginning that does not fit with 13 random characters behind it may be cut.
   *
   * @default 40
   */
  readonly maxLength?: number;
}

/** An AWS service, as far as it uses KMS keys. */
export interface KmsServiceProps {
  /** Its name in the app: letters and digits, like `Kinesis`. */
  readonly name: string;

  /** What messages call it, like `Amazon Kinesis Data Streams`. */
  readonly title: string;

  /** Where its resources take a key. */
  readonly keyProperties: KeyProperty[];

  /**
   * How the names of its resources come about.
   *
   * @default - they have no names that an encryption context tells
   */
  readonly resourceNames?: ResourceName[];

  /** The statements that the service needs in the key policy. */
  readonly rows: ServiceRow[];
}

/** Whether a key can be handed to the service by a view. */
export function hasView({ rows }: KmsServiceProps): boolean {
  return rows.length > 0;
}

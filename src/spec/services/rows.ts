import type { ServiceName } from './key-properties';

/**
 * How AWS services use a KMS key they were given, one entry a service. The statements that a service view writes are made from these,
 * and from nothing else.
 *
 * Three things are the same for all of them (KMS Developer Guide, "kms:ViaService" and "Grants for AWS services"): the call to KMS is
 * made with the permissions of whoever called the service; `kms:ViaService` is `<prefix>.<region>.amazonaws.com` in every partition;
 * and a service that goes on alone later does so by a grant, made in the name of the caller with `kms:GrantIsForAWSResource` true.
 */
export interface ServiceUse {
  /** Its name in statement ids. */
  readonly name: string;
  /** What `kms:ViaService` begins with. */
  readonly prefix: string;
  /** Whether calls come from the key's Region only, or from others as well (replicas of one table). */
  readonly regions: 'own' | 'any';
  /** The encryption context that tells one resource from another. Absent where AWS documents none for this use. */
  readonly context?: ServiceContext;
  /** What somebody needs who reads data through the service. */
  readonly reads: readonly string[];
  /** What somebody needs who writes data through the service, and who may well not read it. */
  readonly writes: readonly string[];
  /** What a role needs beyond `writes` when the service itself assumes it to write copies. */
  readonly copies?: readonly string[];
  /** What whoever creates, updates and deletes the resources needs: CloudFormation's role. */
  readonly deploys: readonly string[];
  /**
   * A call that the service makes with a role's own credentials, without `kms:ViaService`, and the key in its encryption context by which
   * it is told from direct calls.
   */
  readonly inRolesName?: { readonly action: string; readonly contextKey: string };
  /** Statements for service principals that use the key by themselves, by the principal that constructs of CDK name. */
  readonly principals: Readonly<Record<string, ServicePrincipalUse>>;
}

/** One pair of the encryption context a service sends. */
export interface ServiceContext {
  readonly key: string;
  /** The values for a resource's name; `{partition}`, `{region}`, `{account}` and `{name}` stand for themselves. */
  readonly values: readonly string[];
  /** What imported constructs of CDK tell of their resource, the best first, and the values for that if they are not those of a name. */
  readonly imported: readonly { readonly property: string; readonly values?: readonly string[] }[];
}

/** What a service principal needs when it uses the key in its own name. */
export interface ServicePrincipalUse {
  /** Its name in the key policy; `{region}` stands for the key's Region. */
  readonly principal: string;
  readonly actions: readonly string[];
  /** Whether the service's encryption context is in these calls, so that it can be asked for. */
  readonly context: boolean;
  /** The resource the service works for, `aws:SourceArn`, where AWS documents that it is sent. */
  readonly sourceArn?: string;
}

/** The services with a view. */
export type ViewedService = 'S3' | 'DYNAMODB' | 'LAMBDA' | 'SECRETS_MANAGER';

export const SERVICE_USES: Readonly<Record<ViewedService, ServiceUse>> = {
  /**
   * Amazon S3 User Guide, "Using server-side encryption with AWS KMS keys": PutObject asks for GenerateDataKey, GetObject for Decrypt,
   * a multipart upload for both; the context is the object's ARN, with an S3 Bucket Key the bucket's. A bucket key also spares calls:
   * what KMS allowed once holds until the bucket key ends.
   * "Replicating encrypted objects": the replication role writes replicas with Encrypt, and plaintext objects with GenerateDataKey.
   * PutBucketEncryption "does not validate the KMS key ID" (API Reference): who makes a bucket needs nothing on the key.
   * "Enabling Amazon S3 server access logging": the statement of logging.s3.amazonaws.com. AWS asks for no condition there; the context
   * is S3's in any case and keeps the principal from working for the buckets of others.
   */
  S3: {
    name: 'S3',
    prefix: 's3',
    regions: 'own',
    context: { key: 'aws:s3:arn', values: ['arn:{partition}:s3:::{name}', 'arn:{partition}:s3:::{name}/*'], imported: [{ property: 'bucketName' }] },
    reads: ['kms:Decrypt'],
    writes: ['kms:GenerateDataKey', 'kms:Decrypt'],
    copies: ['kms:Encrypt'],
    deploys: [],
    principals: {
      'logging.s3.amazonaws.com': { principal: 'logging.s3.amazonaws.com', actions: ['kms:GenerateDataKey', 'kms:Decrypt'], context: true },
    },
  },

  /**
   * Amazon DynamoDB Developer Guide, "DynamoDB encryption at rest usage notes": the principal that selects the key needs Encrypt, Decrypt,
   * ReEncrypt*, GenerateDataKey*, DescribeKey and CreateGrant; whoever accesses the table calls Decrypt, for reads and writes alike, since
   * it is the table's key that is decrypted; the context is the same in all cryptographic operations. The Region in kms:ViaService
   * is `*`, because global tables make calls across Regions.
   * "DynamoDB global tables security", multi-account: the statement of replication.dynamodb.amazonaws.com. It works for tables of other
   * accounts and Regions too, so that the source is any table, and the context says which table's key it may use.
   */
  DYNAMODB: {
    name: 'DynamoDB',
    prefix: 'dynamodb',
    regions: 'any',
    context: { key: 'aws:dynamodb:tableName', values: ['{name}'], imported: [{ property: 'tableName' }] },
    reads: ['kms:Decrypt'],
    writes: ['kms:Decrypt'],
    deploys: [
      'kms:DescribeKey', 'kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext',
      'kms:CreateGrant',
    ],
    principals: {
      'replication.dynamodb.amazonaws.com': {
        principal: 'replication.dynamodb.amazonaws.com',
        actions: ['kms:DescribeKey', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext'],
        context: true,
        sourceArn: 'arn:{partition}:dynamodb:*:*:table/*',
      },
    },
  },

  /**
   * AWS Lambda Developer Guide, "Securing Lambda environment variables": CreateGrant and Encrypt to configure, Decrypt to view and manage.
   * The function itself needs nothing: "Lambda uses your permissions to create a grant on the key". CloudTrail shows that grant made for the
   * function's role, and Decrypt called by the role when the function starts. AWS documents no context for environment variables: the one that
   * CloudTrail shows is not asked for, only made use of not to deny. "Control which events Lambda sends to your function": Decrypt, DescribeKey and GenerateDataKey for whoever
   * manages encrypted filter criteria, and the statement of the regional service principal. The mapping's id is
   * known only after it is made, so that its ARN ends in `*`.
   */
  LAMBDA: {
    name: 'Lambda',
    prefix: 'lambda',
    regions: 'own',
    reads: ['kms:Decrypt'],
    writes: ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:CreateGrant'],
    deploys: ['kms:DescribeKey', 'kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey', 'kms:CreateGrant'],
    inRolesName: { action: 'kms:Decrypt', contextKey: 'aws:lambda:FunctionArn' },
    principals: {
      'lambda.amazonaws.com': {
        principal: 'lambda.{region}.amazonaws.com',
        actions: ['kms:Decrypt'],
        context: false,
        sourceArn: 'arn:{partition}:lambda:{region}:{account}:event-source-mapping:*',
      },
    },
  },

  /**
   * AWS Secrets Manager User Guide, "Secret encryption and decryption": GetSecretValue calls Decrypt; a new value GenerateDataKey, and Decrypt
   * where it is compared with the value there is; whoever chooses the key is checked for GenerateDataKey and Decrypt; changing it also
   * calls Encrypt. No grants are made. The ARN in the context ends in six characters that nobody knows before the secret is made; the
   * version id is left to Secrets Manager, which puts a word of its own there when it checks access.
   */
  SECRETS_MANAGER: {
    name: 'SecretsManager',
    prefix: 'secretsmanager',
    regions: 'own',
    context: {
      key: 'SecretARN',
      values: ['arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-??????'],
      imported: [{ property: 'secretFullArn', values: ['{name}'] }, { property: 'secretArn', values: ['{name}-??????'] }],
    },
    reads: ['kms:Decrypt'],
    writes: ['kms:GenerateDataKey', 'kms:Decrypt'],
    deploys: ['kms:DescribeKey', 'kms:GenerateDataKey', 'kms:Decrypt', 'kms:Encrypt'],
    principals: {},
  },
};

/** Whether the service has a view. */
export function hasView(service: ServiceName): service is ViewedService {
  return service in SERVICE_USES;
}

import { join } from 'node:path';
import { Duration, RemovalPolicy, Stack, StackProps, Validations } from 'aws-cdk-lib';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { IRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogLevel, NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { BlockPublicAccess, Bucket, BucketEncryption, CfnBucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { DataKeyDuty, KmsService, SigningAlgorithm, SigningDuty, SigningKey, SymmetricDataKey } from 'cdk-keysmith';

/** Who looks after the keys of the application. They are named, so that key policies can name them before they exist. */
export interface InvoicesStackProps extends StackProps {
  /** Runs the life of the keys: rotation, aliases, tags, deletion. May use neither. */
  readonly administrator: IRole;
  /** May change the key policies: whoever may do that may do anything in two calls. */
  readonly policyOwner: IRole;
  /**
   * Whether the functions bring the AWS SDK with them, for a target whose Lambda has none.
   *
   * @default false - it is part of Lambda's Node.js runtimes
   */
  readonly bundleSdk?: boolean;
}

/**
 * Customer invoices: stored encrypted, read by one function only, and answered with a signature that customers verify.
 *
 * One symmetric key serves a bucket, a table, a secret and the direct use by two functions; one key signs.
 */
export class InvoicesStack extends Stack {
  public readonly dataKey: SymmetricDataKey;
  public readonly signingKey: SigningKey;
  public readonly bucket: Bucket;
  public readonly table: Table;
  public readonly secret: Secret;
  public readonly billing: Role;

  constructor(scope: Construct, id: string, private readonly props: InvoicesStackProps) {
    super(scope, id, props);

    this.dataKey = new SymmetricDataKey(this, 'InvoiceData', {
      alias: 'invoices/data',
      description: 'Customer invoices at rest',
      encryptionContext: { Project: 'SnowyPII' },
      contextKeys: ['customer'],
      administrators: [props.administrator],
      policyOwners: [props.policyOwner],
    });
    this.signingKey = new SigningKey(this, 'InvoiceSignatures', {
      alias: 'invoices/signatures',
      description: 'Signatures of billing responses',
      algorithm: SigningAlgorithm.ES256,
      administrators: [props.administrator],
      policyOwners: [props.policyOwner],
    });

    this.bucket = new Bucket(this, 'Invoices', {
      encryption: BucketEncryption.KMS,
      encryptionKey: this.dataKey.forService(KmsService.S3),
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      versioned: true,
      serverAccessLogsBucket: new Bucket(this, 'AccessLogs', {
        encryption: BucketEncryption.S3_MANAGED, blockPublicAccess: BlockPublicAccess.BLOCK_ALL, enforceSSL: true,
      }),
    });
    this.table = new Table(this, 'Totals', {
      partitionKey: { name: 'invoice', type: AttributeType.STRING },
      encryptionKey: this.dataKey.forService(KmsService.DYNAMODB),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.secret = new Secret(this, 'PaymentProvider', { encryptionKey: this.dataKey.forService(KmsService.SECRETS_MANAGER) });

    const writer = this.defineFunction('Writer', 'store-invoice');
    this.dataKey.attachTo(writer, { name: 'INVOICES', duties: [DataKeyDuty.GENERATE_DATA_KEYS] });
    this.bucket.grantPut(writer);
    this.table.grantWriteData(writer);

    const reader = this.defineFunction('Reader', 'read-invoice');
    this.dataKey.attachTo(reader, { name: 'INVOICES', duties: [DataKeyDuty.DECRYPT] });
    this.bucket.grantRead(reader);
    this.table.grantReadData(reader);
    this.secret.grantRead(reader);

    const responder = this.defineFunction('Responder', 'sign-response');
    this.signingKey.attachTo(responder, { name: 'RESPONSES', duties: [SigningDuty.SIGN, SigningDuty.READ_PUBLIC_KEY] });

    // Sees who used which key when, and no content: the trail lets it in (app.ts), no key does.
    this.billing = new Role(this, 'Billing', { assumedBy: new ServicePrincipal('ec2.amazonaws.com'), description: 'Sees the audit trail and no content' });

    this.acknowledgeFindings(writer, reader);
  }

  /** What cdk-nag's AwsSolutions pack objects to, and why it is right here. */
  private acknowledgeFindings(writer: NodejsFunction, reader: NodejsFunction): void {
    const objects = `Resource::<${this.getLogicalId(this.bucket.node.defaultChild as CfnBucket)}.Arn>/*`;
    const acknowledge = (construct: Construct, rule: string, reason: string): void => Validations.of(construct).acknowledge({ id: rule, reason });
    acknowledge(this.secret, 'AwsSolutions::AwsSolutions-SMG4', 'the payment provider issues the token: it is replaced there, then here');
    for (const finding of ['Action::s3:Abort*', objects]) {
      acknowledge(writer.role!, `AwsSolutions-IAM5[${finding}]`, 'grantPut of one bucket: any object of it, and uploads that were not finished');
    }
    for (const finding of ['Action::s3:GetObject*', 'Action::s3:GetBucket*', 'Action::s3:List*', objects]) {
      acknowledge(reader.role!, `AwsSolutions-IAM5[${finding}]`, 'grantRead of one bucket: any object of it');
    }
  }

  private defineFunction(id: string, handler: string): NodejsFunction {
    const logGroup = new LogGroup(this, `${id}Logs`, { retention: RetentionDays.ONE_YEAR });
    const role = new Role(this, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    return new NodejsFunction(this, id, {
      entry: join(__dirname, 'handlers', `${handler}.ts`),
      runtime: Runtime.NODEJS_LATEST,
      architecture: Architecture.ARM_64,
      timeout: Duration.seconds(10),
      role,
      logGroup,
      environment: { BUCKET: this.bucket.bucketName, TABLE: this.table.tableName },
      environmentEncryption: this.dataKey.forService(KmsService.LAMBDA),
      bundling: { externalModules: this.props.bundleSdk ? [] : ['@aws-sdk/*'], tsconfig: join(__dirname, '..', 'tsconfig.json'), logLevel: LogLevel.WARNING },
    });
  }
}

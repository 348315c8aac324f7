import { Stack, StackProps, Validations } from 'aws-cdk-lib';
import { IRole, Policy } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { KmsTrail } from 'cdk-keysmith';

export interface AuditStackProps extends StackProps {
  /** Sees who used which key when, and no content. */
  readonly billing: IRole;
}

/** The trail of the account, which records each use of each key, and who may ask it. */
export class AuditStack extends Stack {
  constructor(scope: Construct, id: string, { billing, ...props }: AuditStackProps) {
    super(scope, id, props);
    const closed = { encryption: BucketEncryption.S3_MANAGED, blockPublicAccess: BlockPublicAccess.BLOCK_ALL, enforceSSL: true };
    const bucket = new Bucket(this, 'Records', { ...closed, versioned: true, serverAccessLogsBucket: new Bucket(this, 'AccessLogs', closed) });
    const trail = new KmsTrail(this, 'Trail', { bucket });

    // A policy of this stack: the role's own would make the invoices wait for the trail.
    const usage = new Policy(this, 'Usage', { roles: [billing] });
    trail.grantReadUsage(usage);
    Validations.of(usage).acknowledge({ id: 'AwsSolutions-IAM5[Resource::*]', reason: 'queries are no resources: whoever has the id of one started it' });
  }
}

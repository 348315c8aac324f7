import { Stack, type StackProps } from 'aws-cdk-lib';
import { ArnPrincipal, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { type AccountAccess, KmsService, SymmetricDataKey } from 'cdk-keysmith';

export interface OrdersAfterProps extends StackProps {
  /** First DELEGATE_TO_IAM, under which nobody loses access; then ADMINISTRATION_ONLY, or nothing, which is the same. */
  readonly accountAccess?: AccountAccess;
}

/** The same ids, so that nothing is replaced. Through S3 the key is used by a view; `key.grants` is for code that calls KMS itself. */
export class OrdersAfter extends Stack {
  constructor(scope: Construct, id: string, props: OrdersAfterProps) {
    super(scope, id, props);
    const key = new SymmetricDataKey(this, 'Data', { alias: 'orders', accountAccess: props.accountAccess });
    const documents = new Bucket(this, 'Documents', {
      bucketName: 'orders-documents', encryption: BucketEncryption.KMS, encryptionKey: key.forService(KmsService.S3),
    });

    const api = new Role(this, 'Api', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    documents.grantReadWrite(api);
    key.grants.encrypt(api);
    key.grants.decrypt(api);
    key.grants.decrypt(new ArnPrincipal('arn:aws:iam::444455556666:role/Partner'));

    // Nobody has granted the analysts anything yet: they are found below.
    const analyst = new Role(this, 'Analyst', { assumedBy: new ServicePrincipal('glue.amazonaws.com') });
    analyst.addToPolicy(new PolicyStatement({ actions: ['s3:GetObject', 'kms:Decrypt'], resources: ['*'] }));
  }
}

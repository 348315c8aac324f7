import { Stack, type StackProps } from 'aws-cdk-lib';
import { ArnPrincipal, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** As CDK has it: the key policy leaves everything to IAM, and the analysts' role lives on `kms:Decrypt` on `*`. */
export class OrdersBefore extends Stack {
  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    const key = new Key(this, 'Data', { alias: 'orders', enableKeyRotation: true });
    const documents = new Bucket(this, 'Documents', { bucketName: 'orders-documents', encryption: BucketEncryption.KMS, encryptionKey: key });

    const api = new Role(this, 'Api', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    documents.grantReadWrite(api);
    key.grantEncryptDecrypt(api);
    key.grantDecrypt(new ArnPrincipal('arn:aws:iam::444455556666:role/Partner'));

    const analyst = new Role(this, 'Analyst', { assumedBy: new ServicePrincipal('glue.amazonaws.com') });
    analyst.addToPolicy(new PolicyStatement({ actions: ['s3:GetObject', 'kms:Decrypt'], resources: ['*'] }));
  }
}

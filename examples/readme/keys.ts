import { App, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import {
  KmsService, SigningAlgorithm, SigningKey, SymmetricDataKey,
} from 'cdk-keysmith';

const app = new App();
const stack = new Stack(app, 'Orders');
const backend = new Role(stack, 'Backend', {
  assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
});

// Rotated every year, retained, and decrypted by the backend only: with this
// context, whatever IAM policies say.
const data = new SymmetricDataKey(stack, 'Data', {
  alias: 'orders/data',
  encryptionContext: { Project: 'Orders' },
});
data.grants.decrypt(backend);

// S3 sees the key through a view: the backend may decrypt what it reads from
// this bucket, through S3.
const bucket = new Bucket(stack, 'Documents', {
  encryption: BucketEncryption.KMS,
  encryptionKey: data.forService(KmsService.S3),
});
bucket.grantRead(backend);

// One algorithm, one message type, and signing is not administering.
const signatures = new SigningKey(stack, 'Signatures', {
  alias: 'orders/signatures',
  algorithm: SigningAlgorithm.ES256,
});
signatures.grants.sign(backend);

app.synth();

import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Site } from './site';
import { KmsService } from 'cdk-keysmith';

export function define({ stack, key, reader }: Site): void {
  const built = Bucket.fromBucketName(stack, 'Built', 'orders-built');
  const code = Code.fromBucketV2(built, 'app.zip', { sourceKMSKey: key.forService(KmsService.LAMBDA_CODE) });
  const fn = new Function(stack, 'Packed', { functionName: 'packed', runtime: Runtime.NODEJS_LATEST, handler: 'index.handler', code });
  reader.addToPolicy(new PolicyStatement({ actions: ['lambda:GetFunction'], resources: [fn.functionArn] })); // who downloads the archive
}

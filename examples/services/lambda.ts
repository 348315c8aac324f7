import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { Site } from './site';
import { KmsService } from 'cdk-keysmith';

export function define({ stack, key, reader: role }: Site): void {
  const code = Code.fromInline('exports.handler = async () => {};');
  new Function(stack, 'Backend', {
    functionName: 'backend',
    runtime: Runtime.NODEJS_LATEST,
    handler: 'index.handler',
    code,
    role,
    environment: { STAGE: 'prod' },
    environmentEncryption: key.forService(KmsService.LAMBDA),
  });
}

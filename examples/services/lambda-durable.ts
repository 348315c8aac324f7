import { Duration } from 'aws-cdk-lib';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import type { Site } from './site';
import { KmsService } from 'cdk-keysmith';

export function define({ stack, key, reader: role }: Site): void {
  const code = Code.fromInline('exports.handler = async () => {};');
  const durableConfig = { executionTimeout: Duration.hours(1) };
  const fn = new Function(stack, 'Flow', { functionName: 'flow', runtime: Runtime.NODEJS_LATEST, handler: 'index.handler', code, role, durableConfig });
  (fn.node.defaultChild as CfnFunction).addPropertyOverride('DurableConfig.KMSKeyArn', key.forService(KmsService.LAMBDA_DURABLE).keyArn);
}

import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Site } from './site';
import { KmsService } from 'cdk-keysmith';

export function define({ stack, key, reader }: Site): void {
  key.serve(KmsService.SSM, { resourceNames: ['/orders/db-password'] });
  const resources = [stack.formatArn({ service: 'ssm', resource: 'parameter', resourceName: 'orders/db-password' })];
  reader.addToPolicy(new PolicyStatement({ actions: ['ssm:GetParameter'], resources }));
}

import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Site } from './site';
import { KmsService } from 'cdk-keysmith';

export function define({ stack, key, reader, writer }: Site): void {
  const logGroup = new LogGroup(stack, 'Log', { logGroupName: '/orders/backend', encryptionKey: key.forService(KmsService.LOGS) });
  logGroup.grantRead(reader);
  logGroup.grantWrite(writer);
}

import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Site } from './site';
import { KmsService } from 'cdk-keysmith';

export function define({ stack, key, reader, writer }: Site): void {
  const secret = new Secret(stack, 'Token', { secretName: 'orders/token', encryptionKey: key.forService(KmsService.SECRETS_MANAGER) });
  secret.grantRead(reader);
  secret.grantWrite(writer);
}

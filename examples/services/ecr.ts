import { Repository } from 'aws-cdk-lib/aws-ecr';
import type { Site } from './site';
import { KmsService } from 'cdk-keysmith';

export function define({ stack, key, reader }: Site): void {
  const repository = new Repository(stack, 'Images', { encryptionKey: key.forService(KmsService.ECR) });
  repository.grantPull(reader);
}

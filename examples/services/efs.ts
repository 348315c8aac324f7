import { FileSystem } from 'aws-cdk-lib/aws-efs';
import type { Site } from './site';
import { KmsService } from 'cdk-keysmith';

export function define({ stack, key, vpc }: Site): void {
  new FileSystem(stack, 'Files', { vpc, kmsKey: key.forService(KmsService.EFS) });
}

import { Trail } from 'aws-cdk-lib/aws-cloudtrail';
import type { Site } from './site';
import { KmsService } from 'cdk-keysmith';

export function define({ stack, key, reader }: Site): void {
  const view = key.forService(KmsService.CLOUDTRAIL);
  new Trail(stack, 'Trail', { trailName: 'audit', encryptionKey: view });
  view.grantDecrypt(reader); // beside bucket.grantRead(reader)
}

import { DatabaseInstance, DatabaseInstanceEngine } from 'aws-cdk-lib/aws-rds';
import type { Site } from './site';
import { KmsService } from 'cdk-keysmith';

export function define({ stack, key, vpc, reader }: Site): void {
  const view = key.forService(KmsService.RDS);
  new DatabaseInstance(stack, 'Database', {
    vpc, engine: DatabaseInstanceEngine.POSTGRES, storageEncryptionKey: view, enablePerformanceInsights: true, performanceInsightEncryptionKey: view,
  });
  view.grantDecrypt(reader); // who looks at Performance Insights
}

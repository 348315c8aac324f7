import { BackupPlan, BackupPlanRule, BackupResource, BackupVault } from 'aws-cdk-lib/aws-backup';
import { Schedule } from 'aws-cdk-lib/aws-events';
import type { Site } from './site';
import { KmsService } from 'cdk-keysmith';

export function define({ stack, key, writer }: Site): void {
  const vault = new BackupVault(stack, 'Vault', { backupVaultName: 'orders', encryptionKey: key.forService(KmsService.BACKUP) });
  const plan = new BackupPlan(stack, 'Plan', { backupPlanRules: [new BackupPlanRule({ backupVault: vault, scheduleExpression: Schedule.cron({ minute: '0' }) })] });
  plan.addSelection('Orders', { role: writer, resources: [BackupResource.fromTag('backup', 'orders')] });
}

import { BackupVault } from 'aws-cdk-lib/aws-backup';
import type { Site } from './site';
import { KmsService } from 'cdk-keysmith';

export function define({ stack, key, writer }: Site): void {
  const view = key.forService(KmsService.BACKUP);
  new BackupVault(stack, 'Vault', { backupVaultName: 'orders', encryptionKey: view });
  view.grantEncrypt(writer); // the role of plan.addSelection(…)
}

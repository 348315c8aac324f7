import { ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KmsServiceProps, ServiceContext } from './rows';

// The value of the pair is not documented.
const VAULTS: ServiceContext = { key: 'aws:backup:backup-vault' };
// The page leaves the Region open, as copies come from others.
const THROUGH_BACKUP = {
  shape: ServiceCall.THROUGH_SERVICE,
  via: 'backup.*.amazonaws.com',
  page: 'https://docs.aws.amazon.com/aws-backup/latest/devguide/encryption.html',
  date: '2026-11-29',
};
const DEPLOYS = { who: ServiceUser.DEPLOYER, when: ServiceRowTime.GIVEN, ...THROUGH_BACKUP };
const BACKS_UP = { who: ServiceUser.WRITER, when: ServiceRowTime.GRANTED, ...THROUGH_BACKUP };
const USES = ['kms:GenerateDataKey', 'kms:Decrypt', 'kms:DescribeKey'];

/**
 * AWS Backup: vaults, whose key encrypts backups of what Backup manages itself; others keep the key of the resource. Whoever makes a vault, and the role that a
 * selection of resources is backed up and restored with, need the same of its key.
 */
export const BACKUP: KmsServiceProps = {
  name: 'Backup',
  title: 'AWS Backup',
  keyProperties: [
    { resourceType: 'AWS::Backup::BackupVault', path: 'EncryptionKeyArn' },
    { resourceType: 'AWS::Backup::LogicallyAirGappedBackupVault', path: 'EncryptionKeyArn' },
  ],
  rows: [
    { sid: 'DeployThroughBackup', ...DEPLOYS, actions: USES },
    { sid: 'GrantThroughBackup', ...DEPLOYS, actions: ['kms:CreateGrant'], context: VAULTS },
    { sid: 'WriteThroughBackup', ...BACKS_UP, actions: USES },
    { sid: 'WriteGrantThroughBackup', ...BACKS_UP, actions: ['kms:CreateGrant'], context: VAULTS },
  ],
};

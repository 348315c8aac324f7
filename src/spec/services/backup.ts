import { ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KmsServiceProps, NamingProperty, ServiceContext, ServiceRow } from './rows';

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
const [VAULT, AIR_GAPPED] = ['AWS::Backup::BackupVault', 'AWS::Backup::LogicallyAirGappedBackupVault'];
const VAULT_ARN = 'arn:{partition}:backup:{region}:{account}:backup-vault:{name}';
const SELECTION = 'AWS::Backup::BackupSelection';
const ROLE_PATH = 'BackupSelection.IamRoleArn';
// A selection of resources is for a plan, whose rules name the vaults that are backed up and copied into.
const PLAN = { resourceType: 'AWS::Backup::BackupPlan', actsBy: { resourceType: SELECTION, path: 'BackupPlanId' } };
const PLANNED: NamingProperty[] = [
  { ...PLAN, path: 'BackupPlan.BackupPlanRule.*.TargetBackupVault' },
  { ...PLAN, path: 'BackupPlan.BackupPlanRule.*.CopyActions.*.DestinationBackupVaultArn', arn: VAULT_ARN },
  { ...PLAN, path: 'BackupPlan.BackupPlanRule.*.TargetLogicallyAirGappedBackupVaultArn', arn: VAULT_ARN },
];
// "Your IAM role must have access to the KMS key being used to back up and restore the object."
const PLANNED_ROLES = { who: ServiceUser.ASSUMED_ROLE, when: ServiceRowTime.NAMED, ...THROUGH_BACKUP, rolePath: ROLE_PATH, namedIn: PLANNED };

/** What a role that resources are backed up with needs through the service of one that a selection names, `arn` with the name of the resource. */
export function backingUp(arn: string): Pick<ServiceRow, 'who' | 'when' | 'rolePath' | 'namedIn' | 'page' | 'date'> {
  const { page, date } = THROUGH_BACKUP;
  return { who: ServiceUser.ASSUMED_ROLE, when: ServiceRowTime.NAMED, rolePath: ROLE_PATH, namedIn: [{ resourceType: SELECTION, path: 'BackupSelection.Resources', arn }], page, date };
}

/**
 * AWS Backup: vaults, whose key encrypts backups of what Backup manages itself; others keep the key of the resource. Whoever makes a vault, and the role that a
 * selection of resources is backed up with, need the same of its key; and so does a role that restores, which no template tells.
 */
export const BACKUP: KmsServiceProps = {
  name: 'Backup',
  title: 'AWS Backup',
  keyProperties: [
    { resourceType: VAULT, path: 'EncryptionKeyArn' },
    { resourceType: AIR_GAPPED, path: 'EncryptionKeyArn' },
  ],
  resourceNames: [VAULT, AIR_GAPPED].map((resourceType) => ({ resourceType, property: 'BackupVaultName' })),
  rows: [
    { sid: 'DeployThroughBackup', ...DEPLOYS, actions: USES },
    { sid: 'GrantThroughBackup', ...DEPLOYS, actions: ['kms:CreateGrant'], context: VAULTS },
    { sid: 'WriteThroughBackup', ...BACKS_UP, actions: USES },
    { sid: 'WriteGrantThroughBackup', ...BACKS_UP, actions: ['kms:CreateGrant'], context: VAULTS },
    { sid: 'RunByBackup', ...PLANNED_ROLES, actions: USES },
    { sid: 'RunGrantByBackup', ...PLANNED_ROLES, actions: ['kms:CreateGrant'], context: VAULTS },
  ],
};

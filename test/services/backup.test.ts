import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { BackupPlan, BackupPlanRule, BackupResource, BackupVault, CfnBackupSelection } from 'aws-cdk-lib/aws-backup';
import type { BackupPlanRuleProps, IBackupVault } from 'aws-cdk-lib/aws-backup';
import { Role } from 'aws-cdk-lib/aws-iam';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { bucketIn, tableIn } from './support/resources';
import { AccountAccess, KmsService, SymmetricDataKey } from '../../src';
import type { SymmetricDataKeyProps } from '../../src';
import { Deployed, HERE, almightyRoleIn, roleIn } from '../support/deployed';

/** Roles that resources are backed up with: a selection names the role and a plan, the plan's rules the vaults, and the selection the resources. */

function shop(props: SymmetricDataKeyProps = {}) {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  return { app, stack, key: new SymmetricDataKey(stack, 'Key', props) };
}

const vaultIn = (scope: Stack, key: SymmetricDataKey, backupVaultName = 'vault') => new BackupVault(scope, `Vault-${backupVaultName}`, { backupVaultName, encryptionKey: key.forService(KmsService.BACKUP) });

/** A plan of one rule, for the resources of these ARNs. */
function plan(scope: Stack, rule: BackupPlanRuleProps, role: IRole, ...resources: (BackupResource | string)[]): BackupPlan {
  const made = new BackupPlan(scope, 'Plan', { backupPlanRules: [new BackupPlanRule(rule)] });
  made.addSelection('Selection', { resources: resources.map((each) => (typeof each === 'string' ? BackupResource.fromArn(each) : each)), role, disableDefaultBackupPolicy: true });
  return made;
}

const ACTIONS = ['kms:CreateGrant', 'kms:GenerateDataKey', 'kms:Decrypt', 'kms:Encrypt', 'kms:ReEncryptFrom'];
const ALL = ['kms:CreateGrant', 'kms:GenerateDataKey', 'kms:Decrypt'];

/** What somebody may do through AWS Backup for a vault. */
function backs(deployed: Deployed, who: Parameters<Deployed['outcome']>[0], key: IKey, via: string | undefined = 'backup'): string[] {
  const context = { 'aws:backup:backup-vault': `arn:aws:backup:${HERE.region}:${HERE.account}:backup-vault:vault` };
  const conditionKeys = { 'kms:GrantIsForAWSResource': 'true' };
  return ACTIONS.filter((action) => deployed.outcome(who, action, key, { via, context, conditionKeys }) === 'Allowed');
}

describe('the role of a selection', () => {
  test.each(Object.values(AccountAccess))('backs up into the vault of its plan, through AWS Backup only, under %s and a contract', (accountAccess) => {
    const { app, stack, key } = shop({ accountAccess, encryptionContext: { Project: 'Orders' } });
    const [role, stranger] = [roleIn(stack, 'Role'), roleIn(stack, 'Stranger')];
    plan(stack, { backupVault: vaultIn(stack, key) }, role, `arn:aws:elasticfilesystem:${HERE.region}:${HERE.account}:file-system/fs-1`);
    const deployed = new Deployed(app);
    expect([backs(deployed, role, key), backs(deployed, role, key, 's3'), backs(deployed, stranger, key)]).toEqual([ALL, [], []]);
    expect(deployed.outcome(role, 'kms:CreateGrant', key, { via: 'backup', conditionKeys: { 'kms:GrantIsForAWSResource': 'false' } })).not.toBe('Allowed');
  });

  test('that CDK makes backs up as well, and an administrator does not', () => {
    const { app, stack, key } = shop();
    const made = new BackupPlan(stack, 'Plan', { backupPlanRules: [new BackupPlanRule({ backupVault: vaultIn(stack, key) })] });
    const selection = made.addSelection('Selection', { resources: [BackupResource.fromArn('*')] });
    const administrator = almightyRoleIn(stack, 'Administrator');
    const deployed = new Deployed(app);
    expect([backs(deployed, selection.node.findChild('Role') as Role, key), backs(deployed, administrator, key)]).toEqual([ALL, []]);
  });

  test.each<[string, (key: SymmetricDataKey, stack: Stack, other: IBackupVault) => BackupPlanRuleProps, string[]]>([
    ['copies into', (key, stack, backupVault) => ({ backupVault, copyActions: [{ destinationBackupVault: vaultIn(stack, key) }] }), ALL],
    ['copies by its ARN into', (key, stack, backupVault) => {
      vaultIn(stack, key);
      const destinationBackupVault = BackupVault.fromBackupVaultArn(stack, 'There', `arn:aws:backup:${HERE.region}:${HERE.account}:backup-vault:vault`);
      return { backupVault, copyActions: [{ destinationBackupVault }] };
    }, ALL],
    ['backs up by its name into', (key, stack) => {
      vaultIn(stack, key);
      return { backupVault: BackupVault.fromBackupVaultName(stack, 'There', 'vault') };
    }, ALL],
    ['backs up past', (key, stack, backupVault) => {
      vaultIn(stack, key);
      return { backupVault };
    }, []],
    ['copies past', (key, stack, backupVault) => {
      vaultIn(stack, key);
      const destinationBackupVault = BackupVault.fromBackupVaultArn(stack, 'There', `arn:aws:backup:${HERE.region}:${HERE.account}:backup-vault:vault2`);
      return { backupVault, copyActions: [{ destinationBackupVault }] };
    }, []],
  ])('%s the vault', (_, rule, expected) => {
    const { app, stack, key } = shop();
    const role = roleIn(stack, 'Role');
    plan(stack, rule(key, stack, new BackupVault(stack, 'Other')), role, '*');
    expect(backs(new Deployed(app), role, key)).toEqual(expected);
  });

  test('of another plan is not let in', () => {
    const { app, stack, key } = shop();
    const [role, other] = [roleIn(stack, 'Role'), roleIn(stack, 'OtherRole')];
    plan(stack, { backupVault: vaultIn(stack, key) }, role, '*');
    const without = new BackupPlan(stack, 'OtherPlan', { backupPlanRules: [new BackupPlanRule({ backupVault: new BackupVault(stack, 'Other') })] });
    new CfnBackupSelection(stack, 'OtherSelection', { backupPlanId: without.backupPlanId, backupSelection: { iamRoleArn: other.roleArn, selectionName: 'other', resources: ['*'] } });
    const deployed = new Deployed(app);
    expect([backs(deployed, role, key), backs(deployed, other, key)]).toEqual([ALL, []]);
  });

  test('is let in by its name where its stack waits for the key, and refused without one', () => {
    const build = (roleName?: string) => {
      const { app, key } = shop();
      const other = new Stack(app, 'Other', { env: HERE });
      const role = roleIn(other, 'Role', { roleName });
      plan(other, { backupVault: vaultIn(other, key) }, role, '*');
      return { app, key, role };
    };
    const { app, key, role } = build('backs-up');
    expect(backs(new Deployed(app), role, key)).toEqual(ALL);
    expect(() => build().app.synth()).toThrow(/'Other\/Role' cannot be granted RunByBackup .* Give it a name/);
  });

  test('is told of where only deployment knows it', () => {
    const { app, stack, key } = shop();
    plan(stack, { backupVault: vaultIn(stack, key) }, Role.fromRoleArn(stack, 'Imported', new CfnParameter(stack, 'RoleArn').valueAsString), '*');
    app.synth();
    expect(Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('nobody knows the role of'))).toHaveLength(1);
  });
});

describe('a resource that a selection names', () => {
  /** What somebody may do through the resource's own service. */
  const uses = (deployed: Deployed, who: Parameters<Deployed['outcome']>[0], key: IKey, via: string, context: Record<string, string>) => (
    ACTIONS.filter((action) => deployed.outcome(who, action, key, { via, context }) === 'Allowed'));

  test.each<[string, (stack: Stack, key: SymmetricDataKey) => BackupResource | string, string, (name: string) => Record<string, string>, string[]]>([
    ['a table', (stack, key) => tableIn(stack, 'Table', key.forService(KmsService.DYNAMODB), 'orders').tableArn, 'dynamodb', (name) => ({ 'aws:dynamodb:tableName': name }), ['kms:GenerateDataKey', 'kms:Decrypt']],
    ['a table, by its ARN', (stack, key) => {
      tableIn(stack, 'Table', key.forService(KmsService.DYNAMODB), 'orders');
      return `arn:aws:dynamodb:${HERE.region}:${HERE.account}:table/orders`;
    }, 'dynamodb', (name) => ({ 'aws:dynamodb:tableName': name }), ['kms:GenerateDataKey', 'kms:Decrypt']],
    ['a table, by the construct that it lies in', (stack, key) => {
      tableIn(stack, 'Table', key.forService(KmsService.DYNAMODB), 'orders');
      return BackupResource.fromConstruct(stack);
    }, 'dynamodb', (name) => ({ 'aws:dynamodb:tableName': name }), ['kms:GenerateDataKey', 'kms:Decrypt']],
    ['a bucket', (stack, key) => bucketIn(stack, 'Bucket', key.forService(KmsService.S3), 'orders').bucketArn, 's3', (name) => ({ 'aws:s3:arn': `arn:aws:s3:::${name}/a.txt` }), ['kms:Decrypt']],
    ['a bucket, by its ARN', (stack, key) => {
      bucketIn(stack, 'Bucket', key.forService(KmsService.S3), 'orders');
      return 'arn:aws:s3:::orders';
    }, 's3', (name) => ({ 'aws:s3:arn': `arn:aws:s3:::${name}/a.txt` }), ['kms:Decrypt']],
    ['another table', (stack, key) => {
      tableIn(stack, 'Table', key.forService(KmsService.DYNAMODB), 'orders');
      return `arn:aws:dynamodb:${HERE.region}:${HERE.account}:table/payroll`;
    }, 'dynamodb', (name) => ({ 'aws:dynamodb:tableName': name }), []],
  ])('%s: its key lets in the role, through the service only', (_, make, via, contextOf, expected) => {
    const { app, stack, key } = shop({ encryptionContext: { Project: 'Orders' } });
    const [role, stranger] = [roleIn(stack, 'Role'), roleIn(stack, 'Stranger')];
    plan(stack, { backupVault: new BackupVault(stack, 'Other') }, role, make(stack, key));
    const deployed = new Deployed(app);
    expect([uses(deployed, role, key, via, contextOf('orders')), uses(deployed, role, key, 'ec2', contextOf('orders')), uses(deployed, stranger, key, via, contextOf('orders'))])
      .toEqual([expected, [], []]);
    if (via === 's3') expect(uses(deployed, role, key, via, contextOf('elsewhere'))).toEqual([]);
  });
});

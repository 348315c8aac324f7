import { BackupPlan, BackupResource, BackupVault } from 'aws-cdk-lib/aws-backup';
import { AttributeType, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { KmsService } from '../../../src';
import { almightyRoleIn } from '../../support/deployed';
import { functionIn } from '../support/resources';
import { DEPLOYER, Sample, arnOf } from '../support/sample';

/** An encrypted table that is backed up every day into an encrypted vault, under the same key. */

const sample = new Sample((stack, key) => {
  const [forTable, forVault] = [key.forService(KmsService.DYNAMODB), key.forService(KmsService.BACKUP)];
  const table = new TableV2(stack, 'Orders', { partitionKey: { name: 'id', type: AttributeType.STRING }, encryption: TableEncryptionV2.customerManagedKey(forTable) });
  const vault = new BackupVault(stack, 'Vault', { encryptionKey: forVault });
  const plan = BackupPlan.dailyWeeklyMonthly5YearRetention(stack, 'Plan', vault);
  const role = new Role(stack, 'BackupRole', {
    assumedBy: new ServicePrincipal('backup.amazonaws.com'),
    managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSBackupServiceRolePolicyForBackup')],
  });
  plan.addSelection('Tables', { resources: [BackupResource.fromDynamoDbTable(table)], role });
  const api = functionIn(stack, 'Api');
  table.grantReadWriteData(api);
  return { table, vault, role, api: api.role!, stranger: almightyRoleIn(stack, 'Stranger') };
});

const VAULT = () => ({ 'aws:backup:backup-vault': arnOf('backup', `backup-vault:${sample.id(sample.made.vault)}`) });
const backsUp = (who: Parameters<Sample<unknown>['via']>[1], service = 'backup') => sample.via(service, who, { context: VAULT() });
const table = (who: 'api' | 'role' | 'stranger', name = sample.id(sample.made.table)) => sample.via('dynamodb', sample.made[who], { resource: arnOf('dynamodb', `table/${name}`) });
const makes = () => sample.via('dynamodb', DEPLOYER, { resource: arnOf('dynamodb', `table/${sample.id(sample.made.table)}`) });

sample.warnsOf();

sample.works([
  ['CloudFormation makes the vault', async () => [await backsUp(DEPLOYER).look(), await backsUp(DEPLOYER).letIn('backup', VAULT())]],
  ['CloudFormation makes the table', async () => [await makes().look(), await makes().seal(), await makes().letIn('dynamodb')]],
  ['an item is written and read', async () => table('api').open(await makes().seal())],
  ['the role reads the table', async () => table('role').open(await makes().seal())],
  ['the role writes a backup, and restores it', async () => {
    const role = backsUp(sample.made.role);
    return [await role.look(), await role.letIn('backup', VAULT()), await role.open(await role.seal())];
  }],
]);

sample.refuses([
  ['the role lets in somebody for no vault', () => backsUp(sample.made.role).letIn('backup')],
  ['the role uses the key through another service', () => backsUp(sample.made.role, 's3').seal()],
  // No page names the context of what DynamoDB asks for a backup, so that the role is bound to DynamoDB and no table; the function is.
  ['a function of the table reads another one', async () => table('api', 'other').open(await makes().seal())],
  ['the role reads the table past DynamoDB', async () => sample.directly(sample.made.role, { 'aws:dynamodb:tableName': sample.id(sample.made.table) }).open(await makes().seal())],
  ['the role decrypts past AWS Backup', async () => sample.directly(sample.made.role, VAULT()).open(await backsUp(sample.made.role).seal())],
  ['whoever uses the table backs up', () => backsUp(sample.made.api).seal()],
  ['somebody else reads the table', async () => table('stranger').open(await makes().seal())],
  ['somebody else restores a backup', async () => backsUp(sample.made.stranger).open(await backsUp(sample.made.role).seal())],
]);

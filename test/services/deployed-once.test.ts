import { App, NestedStack, Size, Stack } from 'aws-cdk-lib';
import { BackupVault } from 'aws-cdk-lib/aws-backup';
import { Volume } from 'aws-cdk-lib/aws-ec2';
import { CfnRepositoryCreationTemplate, Repository } from 'aws-cdk-lib/aws-ecr';
import { FileSystem, ReplicationConfiguration } from 'aws-cdk-lib/aws-efs';
import { DeliveryStream, S3Bucket, StreamEncryption } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Key } from 'aws-cdk-lib/aws-kms';
import {
  AuroraPostgresEngineVersion, ClusterInstance, DatabaseCluster, DatabaseClusterEngine, DatabaseInstance, DatabaseInstanceEngine,
} from 'aws-cdk-lib/aws-rds';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { vpcIn } from './support/resources';
import { AccountAccess, KmsService, SymmetricDataKey } from '../../src';
import type { IKmsService, SymmetricDataKeyProps } from '../../src';
import { Deployed, HERE, almightyRoleIn, executionRole, roleIn } from '../support/deployed';

/**
 * Services that use a key by a grant which they make for whoever makes the resource: CloudFormation's role may do that through the service, and nobody else may do
 * anything. Whoever uses the resource asks KMS nothing.
 */

interface Service {
  readonly title: string;
  readonly service: IKmsService;
  /** In `kms:ViaService`. */
  readonly via: string;
  /** What AWS's page asks of the deployer, besides DescribeKey and CreateGrant. */
  readonly uses: readonly string[];
  /** The encryption context of CreateGrant, where a page asks for it. */
  readonly context?: Readonly<Record<string, string>>;
  make(scope: Stack, key: IKey): unknown;
}

const SERVICES: readonly Service[] = [
  {
    title: 'an EFS file system',
    service: KmsService.EFS,
    via: 'elasticfilesystem',
    uses: ['kms:Decrypt', 'kms:GenerateDataKeyWithoutPlaintext'],
    make: (scope, kmsKey) => new FileSystem(scope, 'Files', { vpc: vpcIn(scope), kmsKey }),
  },
  {
    title: 'an ECR repository',
    service: KmsService.ECR,
    via: 'ecr',
    uses: [],
    make: (scope, encryptionKey) => new Repository(scope, 'Images', { encryptionKey }),
  },
  {
    title: 'an EBS volume',
    service: KmsService.EBS,
    via: 'ec2',
    uses: ['kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKeyWithoutPlaintext'],
    make: (scope, encryptionKey) => new Volume(scope, 'Volume', {
      availabilityZone: `${HERE.region}a`, size: Size.gibibytes(8), snapshotId: 'snap-1', encrypted: true, encryptionKey,
    }),
  },
  {
    title: 'a vault of AWS Backup',
    service: KmsService.BACKUP,
    via: 'backup',
    uses: ['kms:Decrypt', 'kms:GenerateDataKey'],
    context: { 'aws:backup:backup-vault': 'orders' },
    make: (scope, encryptionKey) => new BackupVault(scope, 'Vault', { encryptionKey }),
  },
  {
    title: 'a stream of Data Firehose',
    service: KmsService.FIREHOSE,
    via: 'firehose',
    uses: [],
    make: (scope, encryptionKey) => new DeliveryStream(scope, 'Delivery', {
      encryption: StreamEncryption.customerManagedKey(encryptionKey), destination: new S3Bucket(new Bucket(scope, 'Bucket')),
    }),
  },
  {
    title: 'an RDS database with Performance Insights',
    service: KmsService.RDS,
    via: 'rds',
    uses: [],
    make: (scope, storageEncryptionKey) => new DatabaseInstance(scope, 'Database', {
      engine: DatabaseInstanceEngine.POSTGRES, vpc: vpcIn(scope), storageEncryptionKey, performanceInsightEncryptionKey: storageEncryptionKey,
    }),
  },
  {
    title: 'an Aurora cluster',
    service: KmsService.RDS,
    via: 'rds',
    uses: [],
    make: (scope, storageEncryptionKey) => new DatabaseCluster(scope, 'Cluster', {
      engine: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_16_6 }),
      vpc: vpcIn(scope),
      writer: ClusterInstance.serverlessV2('Writer'),
      storageEncryptionKey,
    }),
  },
];

const USES = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext'];
const FOR_SERVICE = { 'kms:GrantIsForAWSResource': 'true' };

describe.each(SERVICES.map((service) => [service.title, service] as const))('%s', (_, { service, via, uses, context, make }) => {
  function shop(props: SymmetricDataKeyProps = {}) {
    const app = new App();
    const stack = new Stack(app, 'Shop', { env: HERE });
    const key = new SymmetricDataKey(stack, 'Key', props);
    return { app, stack, key, administrator: almightyRoleIn(stack, 'Administrator') };
  }
  const grants = (deployed: Deployed, who: Parameters<Deployed['outcome']>[0], key: SymmetricDataKey, through?: string) =>
    deployed.outcome(who, 'kms:CreateGrant', key, { via: through, context, conditionKeys: FOR_SERVICE, parameters: { Operations: ['Decrypt'] } });

  test.each(Object.values(AccountAccess))('is made by the deployer through the service, and by nobody else, under %s', (accountAccess) => {
    const { app, stack, key, administrator } = shop({ accountAccess, encryptionContext: { Project: 'Orders' }, contextKeys: ['tenant'] });
    make(stack, key.forService(service));
    const deployed = new Deployed(app);
    if (accountAccess === AccountAccess.DELEGATE_TO_IAM) {
      // IAM lets in whoever deploys, and an administrator; the key's contract holds for direct calls all the same.
      expect([grants(deployed, administrator, key, via), deployed.outcome(administrator, 'kms:Decrypt', key)]).toEqual(['Allowed', 'ExplicitlyDenied']);
      return;
    }
    const may = USES.filter((action) => deployed.outcome(executionRole(), action, key, { via }) === 'Allowed');
    expect(may).toEqual(uses);
    expect([grants(deployed, executionRole(), key, via), deployed.outcome(executionRole(), 'kms:DescribeKey', key, { via })]).toEqual(['Allowed', 'Allowed']);
    expect([grants(deployed, executionRole(), key), grants(deployed, executionRole(), key, 'sqs')]).not.toContain('Allowed');
    expect(deployed.outcome(executionRole(), 'kms:CreateGrant', key, { via, conditionKeys: { 'kms:GrantIsForAWSResource': 'false' } })).not.toBe('Allowed');
    const administers = USES.filter((action) => deployed.outcome(administrator, action, key, { via }) === 'Allowed');
    expect([administers, grants(deployed, administrator, key, via)]).toEqual([[], 'ImplicitlyDenied']);
  });

  test('is open to any administrator under a plain key', () => {
    const app = new App();
    const stack = new Stack(app, 'Shop', { env: HERE });
    const key = new Key(stack, 'Key');
    make(stack, key);
    const administrator = almightyRoleIn(stack, 'Administrator');
    expect(new Deployed(app).outcome(administrator, 'kms:Decrypt', key, { via })).toBe('Allowed');
  });

  test.each<[string, (app: App, stack: Stack) => Stack]>([
    ['another stack', (app) => new Stack(app, 'Other', { env: HERE })],
    ['a nested stack', (_app, stack) => new NestedStack(stack, 'Nested')],
  ])('may be of %s', (_where, place) => {
    const { app, stack, key, administrator } = shop();
    make(place(app, stack), key.forService(service));
    const deployed = new Deployed(app);
    expect([grants(deployed, executionRole(), key, via), grants(deployed, administrator, key, via)]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('takes no key itself, but the view', () => {
    const { app, stack, key } = shop();
    const build = () => {
      make(stack, key);
      app.synth();
    };
    // A volume has its whole account let in by its key, as soon as it is made.
    expect(build).toThrow(/hand over key\.forService\(KmsService\.[A-Z]+\)|was to be granted GenerateDataKeys on 'Shop\/Key': IAM policies of the whole account/);
  });
});

test('a file system is replicated under a key of the Region of the copy', () => {
  const app = new App();
  const there = { account: HERE.account, region: 'us-east-1' };
  const key = new SymmetricDataKey(new Stack(app, 'Copies', { env: there }), 'Key', { alias: 'files' });
  const stack = new Stack(app, 'Shop', { env: HERE, crossRegionReferences: true });
  const replicate = (region: string) => () => {
    const replicationConfiguration = ReplicationConfiguration.regionalFileSystem(region, key.forService(KmsService.EFS));
    new FileSystem(stack, `Files${region}`, { vpc: vpcIn(stack, region), replicationConfiguration });
    return app.synth({ force: true });
  };
  expect(replicate('us-east-1')).not.toThrow();
  expect(replicate('eu-central-1')).toThrow(/eu-central-1/);
});

test('a role under which ECR makes repositories from a template is granted what a deployer has, and nothing else', () => {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key');
  const view = key.forService(KmsService.ECR);
  const role = almightyRoleIn(stack, 'MakesRepositories');
  new CfnRepositoryCreationTemplate(stack, 'Cached', {
    prefix: 'docker-hub', appliedFor: ['PULL_THROUGH_CACHE'], customRoleArn: role.roleArn, encryptionConfiguration: { encryptionType: 'KMS', kmsKey: view.keyArn },
  });
  view.grant(role, 'kms:CreateGrant', 'kms:DescribeKey');
  const deployed = new Deployed(app);
  const may = ['kms:CreateGrant', 'kms:DescribeKey', 'kms:Decrypt', 'kms:GenerateDataKey'].filter((action) =>
    deployed.outcome(role, action, key, { via: 'ecr', conditionKeys: FOR_SERVICE }) === 'Allowed');
  expect(may).toEqual(['kms:CreateGrant', 'kms:DescribeKey']);
  expect(deployed.outcome(role, 'kms:CreateGrant', key, { conditionKeys: { 'kms:GrantIsForAWSResource': 'false' } })).toBe('ImplicitlyDenied');
});

describe('Performance Insights of a database', () => {
  const pi = { 'aws:pi:service': 'rds', 'service': 'pi', 'aws:rds:db-id': 'db-AAAAABBBBBCCCCDDDDDEEEEE' };

  test('are seen by whom the view grants it, and nothing else of the database is decrypted', () => {
    const app = new App();
    const stack = new Stack(app, 'Shop', { env: HERE });
    const key = new SymmetricDataKey(stack, 'Key');
    const view = key.forService(KmsService.RDS);
    new DatabaseInstance(stack, 'Database', { engine: DatabaseInstanceEngine.POSTGRES, vpc: vpcIn(stack), performanceInsightEncryptionKey: view });
    const [viewer, administrator] = [roleIn(stack, 'Viewer'), almightyRoleIn(stack, 'Administrator')];
    view.grantDecrypt(viewer);
    const deployed = new Deployed(app);
    const sees = (who: typeof viewer, context: Record<string, string>, through?: string) =>
      ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:Encrypt'].filter((action) => deployed.outcome(who, action, key, { via: through, context }) === 'Allowed');
    expect(sees(viewer, pi, 'rds')).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
    const others = [sees(viewer, pi), sees(viewer, { 'aws:rds:db-id': pi['aws:rds:db-id'] }, 'rds'), sees(viewer, pi, 'ec2'), sees(administrator, pi, 'rds')];
    expect(others).toEqual(others.map(() => []));
  });
});

test('a role that backs up into a vault is granted by the view what AWS Backup asks for it, in any Region of the account', () => {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key');
  const view = key.forService(KmsService.BACKUP);
  new BackupVault(stack, 'Vault', { encryptionKey: view });
  const [role, stranger] = [roleIn(stack, 'BacksUp'), almightyRoleIn(stack, 'Stranger')];
  view.grantEncrypt(role);
  const deployed = new Deployed(app);
  const conditionKeys = { ...FOR_SERVICE, 'kms:ViaService': 'backup.us-east-1.amazonaws.com' };
  const call = { conditionKeys, context: { 'aws:backup:backup-vault': 'orders' } };
  const may = (who: typeof role) => [...USES, 'kms:CreateGrant'].filter((action) => deployed.outcome(who, action, key, call) === 'Allowed');
  expect([may(role), may(stranger)]).toEqual([['kms:Decrypt', 'kms:GenerateDataKey', 'kms:CreateGrant'], []]);
  expect(deployed.outcome(role, 'kms:CreateGrant', key, { conditionKeys })).toBe('ImplicitlyDenied'); // for no vault
  expect(deployed.outcome(role, 'kms:Decrypt', key)).toBe('ImplicitlyDenied');
});

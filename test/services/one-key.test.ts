import { App, Size, Stack } from 'aws-cdk-lib';
import { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { BackupVault } from 'aws-cdk-lib/aws-backup';
import { CfnEventDataStore, Trail } from 'aws-cdk-lib/aws-cloudtrail';
import { BlockDeviceVolume, InstanceType, LaunchTemplate, MachineImage, Volume } from 'aws-cdk-lib/aws-ec2';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { FileSystem } from 'aws-cdk-lib/aws-efs';
import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { DeliveryStream, S3Bucket as DeliveredTo, StreamEncryption } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { DatabaseInstance, DatabaseInstanceEngine } from 'aws-cdk-lib/aws-rds';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { CustomerManagedEncryptionConfiguration, DefinitionBody, Pass, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { bucketIn, functionIn, secretIn, tableIn, vpcIn } from './support/resources';
import { KmsService, SymmetricDataKey } from '../../src';
import { Deployed, HERE, roleIn } from '../support/deployed';

/** One key for everything in a stack: no resource waits for the key and the key for it, and the policy is within KMS's 32 KiB. */

type Make = (scope: Stack, key: IKey) => unknown;
const ENGINE = { engine: DatabaseInstanceEngine.POSTGRES };

const MADE: Readonly<Record<string, Make>> = {
  S3: (scope, key) => bucketIn(scope, 'Bucket', key),
  DYNAMODB: (scope, key) => tableIn(scope, 'Table', key),
  LAMBDA: (scope, environmentEncryption) => functionIn(scope, 'Function', { environment: { STAGE: 'prod' }, environmentEncryption }),
  LAMBDA_CODE: (scope, sourceKMSKey) => functionIn(scope, 'Archive', { code: Code.fromBucketV2(Bucket.fromBucketName(scope, 'Built', 'built'), 'app.zip', { sourceKMSKey }) }),
  LAMBDA_DURABLE: (scope, { keyArn }) => {
    const fn = functionIn(scope, 'Durable', { role: roleIn(scope, 'RoleOfDurable', { roleName: 'durable' }) });
    (fn.node.defaultChild as CfnFunction).durableConfig = { executionTimeout: 3600, kmsKeyArn: keyArn };
  },
  SECRETS_MANAGER: (scope, key) => secretIn(scope, 'Secret', key),
  LOGS: (scope, encryptionKey) => new LogGroup(scope, 'Logs', { encryptionKey }),
  KINESIS: (scope, encryptionKey) => new Stream(scope, 'Stream', { encryptionKey }),
  EFS: (scope, kmsKey) => new FileSystem(scope, 'Files', { vpc: vpcIn(scope, 'VpcOfFiles'), kmsKey }),
  ECR: (scope, encryptionKey) => new Repository(scope, 'Images', { encryptionKey }),
  CLOUDTRAIL: (scope, encryptionKey) => [new Trail(scope, 'Trail', { encryptionKey }), new CfnEventDataStore(scope, 'Store', { kmsKeyId: encryptionKey.keyArn })],
  RDS: (scope, storageEncryptionKey) => new DatabaseInstance(scope, 'Database', { ...ENGINE, vpc: vpcIn(scope, 'VpcOfDatabase'), storageEncryptionKey }),
  EBS: (scope, kmsKey) => {
    const volume = BlockDeviceVolume.ebs(8, { encrypted: true, kmsKey });
    const machineImage = MachineImage.genericLinux({ [HERE.region]: 'ami-1' });
    const launchTemplate = new LaunchTemplate(scope, 'Template', { machineImage, instanceType: new InstanceType('t3.micro'), blockDevices: [{ deviceName: '/dev/xvda', volume }] });
    new AutoScalingGroup(scope, 'Group', { vpc: vpcIn(scope, 'VpcOfGroup'), launchTemplate });
    return new Volume(scope, 'Volume', { availabilityZone: `${HERE.region}a`, size: Size.gibibytes(8), encrypted: true, encryptionKey: kmsKey });
  },
  BACKUP: (scope, encryptionKey) => new BackupVault(scope, 'Vault', { encryptionKey }),
  SSM: (scope, encryptionKey) => {
    const parameter = StringParameter.fromSecureStringParameterAttributes(scope, 'Parameter', { parameterName: '/orders/db-password', encryptionKey });
    return parameter.grantRead(roleIn(scope, 'Reads', { roleName: 'reads' }));
  },
  STEP_FUNCTIONS: (scope, key) => {
    const encryptionConfiguration = new CustomerManagedEncryptionConfiguration(key);
    const role = roleIn(scope, 'RoleOfMachine', { roleName: 'runner' });
    return new StateMachine(scope, 'Machine', { role, definitionBody: DefinitionBody.fromChainable(new Pass(scope, 'Pass')), encryptionConfiguration });
  },
  FIREHOSE: (scope, key) => {
    const encryption = StreamEncryption.customerManagedKey(key);
    return new DeliveryStream(scope, 'Delivery', { encryption, destination: new DeliveredTo(new Bucket(scope, 'Delivered')) });
  },
};

/** The policy of a key that serves these, as deployed. */
function policyFor(services: readonly string[], ofResources: (app: App, stack: Stack) => Stack): string {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key');
  const scope = ofResources(app, stack);
  for (const service of services) MADE[service](scope, key.forService(KmsService[service as 'S3']));
  return JSON.stringify(new Deployed(app).keyOf(key).policy);
}

test.each<[string, (app: App, stack: Stack) => Stack]>([
  ['the key\'s stack', (_, stack) => stack],
  ['another stack', (app) => new Stack(app, 'Other', { env: HERE })],
])('a key serves all services in %s', (_, ofResources) => {
  const policy = policyFor(Object.keys(MADE), ofResources);
  expect(policy.length).toBeLessThan(32_768);
  for (const service of ['elasticfilesystem', 'ecr', 'rds', 'ec2', 'kinesis']) expect(policy).toContain(`"${service}.${HERE.region}.amazonaws.com"`);
});

test('each service has its own statements, before anybody is granted anything but a parameter', () => {
  const policy = (services: string[]) => JSON.parse(policyFor(services, (_, stack) => stack)) as { readonly Statement: readonly unknown[] };
  const count = (services: string[]) => policy(services).Statement.length;
  const without = count([]);
  expect(Object.fromEntries(Object.keys(MADE).map((service) => [service, count([service]) - without]))).toEqual({
    ...{ S3: 0, DYNAMODB: 3, LAMBDA: 3, SECRETS_MANAGER: 2, LOGS: 3, KINESIS: 1, EFS: 2, ECR: 2, CLOUDTRAIL: 5, RDS: 2, EBS: 4, BACKUP: 2 },
    ...{ STEP_FUNCTIONS: 3, SSM: 1, FIREHOSE: 1, LAMBDA_CODE: 1, LAMBDA_DURABLE: 4 },
  });
});

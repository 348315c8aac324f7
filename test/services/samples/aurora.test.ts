import { InstanceType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { AuroraPostgresEngineVersion, CfnDBCluster, ClusterInstance, Credentials, DatabaseCluster, DatabaseClusterEngine, DatabaseInstance, DatabaseInstanceEngine, PerformanceInsightRetention } from 'aws-cdk-lib/aws-rds';
import { KmsService } from '../../../src';
import { almightyRoleIn, roleIn } from '../../support/deployed';
import { functionIn } from '../support/resources';
import { DEPLOYER, Sample, arnOf } from '../support/sample';

/** An Aurora cluster whose storage, password and Performance Insights are under one key, and a function that connects to it. */

const ENGINE = DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_16_6 });

describe('with a password in a secret of the app', () => {
  const sample = new Sample((stack, key) => {
    const [storage, secrets] = [key.forService(KmsService.RDS), key.forService(KmsService.SECRETS_MANAGER)];
    const cluster = new DatabaseCluster(stack, 'Database', {
      engine: ENGINE,
      vpc: new Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1 }),
      credentials: Credentials.fromGeneratedSecret('clerk', { encryptionKey: secrets }),
      storageEncryptionKey: storage,
      writer: ClusterInstance.serverlessV2('Writer', { enablePerformanceInsights: true, performanceInsightEncryptionKey: storage, performanceInsightRetention: PerformanceInsightRetention.DEFAULT }),
    });
    const api = functionIn(stack, 'Api', { environment: { SECRET: cluster.secret!.secretArn } });
    cluster.secret!.grantRead(api);
    const analyst = roleIn(stack, 'Analyst');
    storage.grantDecrypt(analyst);
    return { cluster, secret: cluster.secret!, api: api.role!, analyst, stranger: almightyRoleIn(stack, 'Stranger') };
  });

  const secretArn = () => sample.id(sample.made.secret.node.findChild('Resource'));
  const secret = (who: 'api' | 'analyst' | 'stranger', name = secretArn()) => sample.via('secretsmanager', sample.made[who], { resource: name });
  const generated = () => sample.via('secretsmanager', DEPLOYER, { resource: secretArn() }).seal();
  const creates = (service = 'rds') => sample.via(service, DEPLOYER, { context: { 'aws:rds:dbc-id': 'cluster-1' } });
  const insights = (who: 'api' | 'analyst', service = 'rds') => sample.via('rds', sample.made[who], { context: { 'aws:pi:service': service, 'aws:rds:db-id': 'db-1' } });

  sample.warnsOf();

  sample.works([
    ['CloudFormation makes the cluster', async () => [await creates().look(), await creates().letIn('rds')]],
    ['CloudFormation makes the secret', () => generated()],
    ['the function reads the password', async () => secret('api').open(await generated())],
    ['an analyst looks at Performance Insights', async () => insights('analyst').open(await insights('analyst').seal())],
  ]);

  sample.refuses([
    ['the function reads another secret', async () => secret('api', arnOf('secretsmanager', 'secret:other-AbCdEf')).open(await generated())],
    ['the function writes the secret', () => secret('api').seal()],
    ['the function looks at Performance Insights', () => insights('api').seal()],
    ['the analyst looks at something else of RDS', () => insights('analyst', 'docdb').seal()],
    ['the analyst reads the password', async () => secret('analyst').open(await generated())],
    ['somebody else reads it', async () => secret('stranger').open(await generated())],
    ['CloudFormation reads storage through RDS', async () => creates().open(await generated())],
    ['CloudFormation lets Redshift use the key', () => creates('redshift').letIn('redshift')],
  ]);
});

describe.each<[string, boolean]>([['an instance', false], ['a cluster', true]])('with a password that RDS manages, of %s', (_, isCluster) => {
  const sample = new Sample((stack, key) => {
    const [storageEncryptionKey, encryptionKey] = [key.forService(KmsService.RDS), key.forService(KmsService.SECRETS_MANAGER)];
    const vpc = new Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1 });
    const api = functionIn(stack, 'Api');
    if (isCluster) {
      const database = new DatabaseCluster(stack, 'Database', { engine: ENGINE, vpc, storageEncryptionKey, writer: ClusterInstance.provisioned('Writer', { instanceType: new InstanceType('t4g.medium') }) });
      // What CDK's cluster has no property for.
      const cluster = database.node.defaultChild as CfnDBCluster;
      cluster.masterUserPassword = undefined;
      cluster.manageMasterUserPassword = true;
      cluster.masterUserSecret = { kmsKeyId: encryptionKey.keyArn };
      encryptionKey.grantDecrypt(api);
    } else {
      const database = new DatabaseInstance(stack, 'Database', {
        engine: DatabaseInstanceEngine.POSTGRES, vpc, storageEncryptionKey, manageMasterUserPassword: true, credentials: Credentials.fromUsername('clerk', { encryptionKey }),
      });
      database.secret!.grantRead(api);
    }
    return { api: api.role!, stranger: almightyRoleIn(stack, 'Stranger') };
  });

  const SECRET = arnOf('secretsmanager', 'secret:rds!cluster-1a2b3c4d-a1b2c3');
  const deploys = (service: string) => sample.via(service, DEPLOYER, { context: { SecretARN: SECRET } });
  const secret = (who: 'api' | 'stranger') => sample.via('secretsmanager', sample.made[who], { resource: SECRET });

  sample.works([
    ['CloudFormation has RDS make it', async () => [await deploys('rds').look(), await deploys('rds').seal(), await deploys('rds').letIn('rds')]],
    ['and Secrets Manager keep it', async () => [await deploys('secretsmanager').seal(), await deploys('secretsmanager').letIn('rds')]],
    ['the function reads it', async () => secret('api').open(await deploys('secretsmanager').seal())],
  ]);

  sample.refuses([
    ['the function decrypts past Secrets Manager', async () => sample.directly(sample.made.api, { SecretARN: SECRET }).open(await deploys('secretsmanager').seal())],
    ['the function writes it', () => secret('api').seal()],
    ['somebody else reads it', async () => secret('stranger').open(await deploys('secretsmanager').seal())],
    ['CloudFormation lets another service use the key', () => deploys('lambda').letIn('lambda')],
  ]);
});
